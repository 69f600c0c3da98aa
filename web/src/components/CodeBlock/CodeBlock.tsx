import { texts } from '../../texts';
import { CopyButton } from '../CopyButton/CopyButton';
import styles from './CodeBlock.module.css';

/** Lines to copy into a terminal or a file. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <figure className={styles.block}>
      <figcaption className={styles.caption}>{label}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
      <pre className={styles.code} tabIndex={0}>
        {code}
      </pre>
      <CopyButton
        text={code}
        label={`${texts.common.copy}: ${label}`}
        className={styles.copy ?? ''}
      />
    </figure>
  );
}
