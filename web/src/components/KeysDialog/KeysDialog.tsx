import { Dialog } from '@base-ui/react/dialog';
import {
  kShortcuts,
  type ShortcutGroup,
  type ShortcutId,
  setSingleLetters,
  useSingleLetters,
} from '../../app/shortcuts';
import { texts } from '../../texts';
import { Icon } from '../Icon/Icon';
import styles from './KeysDialog.module.css';

const kGroups: readonly ShortcutGroup[] = ['everywhere', 'explore', 'trace'];

const kKeyNames: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  'Control+Enter': 'Ctrl Enter',
};

function Keys({ id }: { id: ShortcutId }) {
  const alternatives: readonly (readonly string[])[] = kShortcuts[id].keys;
  return (
    <span className={styles.keys}>
      {alternatives.map((sequence, index) => (
        <span key={sequence.join(' ')}>
          {index > 0 && <span className={styles.joint}> {texts.keys.or} </span>}
          {sequence.map((key, step) => (
            <span key={key}>
              {step > 0 && <span className={styles.joint}> {texts.keys.andThen} </span>}
              <kbd>{kKeyNames[key] ?? key}</kbd>
            </span>
          ))}
        </span>
      ))}
    </span>
  );
}

/** The list of keyboard shortcuts, and the switch for those of a single key. */
export function KeysDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const singleLetters = useSingleLetters();
  const ids = Object.keys(kShortcuts) as ShortcutId[];
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup}>
          <header className={styles.header}>
            <Dialog.Title className={styles.title}>{texts.keys.title}</Dialog.Title>
            <Dialog.Close className={styles.close} aria-label={texts.common.close}>
              <Icon name="close" />
            </Dialog.Close>
          </header>
          <div className={styles.groups}>
            {kGroups.map((group) => (
              <section key={group} className={styles.group}>
                <h3>{texts.keys.groups[group]}</h3>
                <dl className={styles.list}>
                  {ids
                    .filter((id) => kShortcuts[id].group === group)
                    .map((id) => (
                      <div key={id} className={styles.row}>
                        <dt>{texts.keys.actions[id]}</dt>
                        <dd>
                          <Keys id={id} />
                        </dd>
                      </div>
                    ))}
                </dl>
              </section>
            ))}
          </div>
          <label className={styles.setting}>
            <input
              type="checkbox"
              checked={singleLetters}
              onChange={(event) => setSingleLetters(event.target.checked)}
            />
            <span>
              {texts.keys.singleLetters}
              <small>{texts.keys.singleLettersHint}</small>
            </span>
          </label>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
