import { texts } from '../../texts';
import styles from './ServiceBadge.module.css';

/** A service: its colour and its name. */
export function ServiceBadge({ name, colour }: { name: string; colour: number }) {
  return (
    <span className={styles.badge}>
      <span
        className={styles.swatch}
        style={{ background: `var(--service-${colour})` }}
        aria-hidden="true"
      />
      <span className={styles.name}>{name === '' ? texts.common.noService : name}</span>
    </span>
  );
}
