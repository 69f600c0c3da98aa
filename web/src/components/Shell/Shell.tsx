import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { shareLink } from '../../app/share';
import { useShortcuts } from '../../app/shortcuts';
import { toggleTheme, useTheme } from '../../app/theme';
import { isTraceId, padTraceId } from '../../base/bytes';
import { texts } from '../../texts';
import { tracePath } from '../../url/codec';
import { IconButton } from '../Button/Button';
import { copyText } from '../CopyButton/CopyButton';
import { KeysDialog } from '../KeysDialog/KeysDialog';
import styles from './Shell.module.css';

// How long the note "Link copied" stays.
const kNoteMs = 2000;

function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className={styles.markGround} width="32" height="32" rx="7" />
      <rect className={styles.markBar} x="6" y="7" width="20" height="4" rx="2" />
      <rect className={styles.markBar} x="9" y="14" width="10" height="4" rx="2" opacity="0.75" />
      <rect className={styles.markBar} x="15" y="21" width="9" height="4" rx="2" opacity="0.55" />
    </svg>
  );
}

function OpenById() {
  const [, navigate] = useLocation();
  const [id, setId] = useState('');
  const [isInvalid, setInvalid] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = id.trim();
    if (!isTraceId(text)) {
      setInvalid(text !== '');
      return;
    }
    setId('');
    navigate(tracePath(padTraceId(text)));
  };
  return (
    <search className={styles.search}>
      <form onSubmit={submit}>
        <input
          className={styles.id}
          aria-label={texts.shell.openById}
          placeholder={texts.shell.openByIdPlaceholder}
          value={id}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={isInvalid}
          aria-describedby={isInvalid ? 'open-by-id-error' : undefined}
          onChange={(event) => {
            setId(event.target.value);
            setInvalid(false);
          }}
        />
        {isInvalid && (
          <span id="open-by-id-error" role="alert" className={styles.idError}>
            {texts.shell.openByIdInvalid}
          </span>
        )}
      </form>
    </search>
  );
}

/** The frame of every page: bar at the top, content below, and the shortcuts that work everywhere. */
export function Shell({ children }: { children: ReactNode }) {
  const [location, navigate] = useLocation();
  const theme = useTheme();
  const [keysOpen, setKeysOpen] = useState(false);
  const [note, setNote] = useState<string | null>(null);
  useEffect(() => {
    if (note === null) {
      return undefined;
    }
    const timer = setTimeout(() => setNote(null), kNoteMs);
    return () => clearTimeout(timer);
  }, [note]);
  const copyLink = useCallback(async () => {
    const done = await copyText(shareLink());
    setNote(done ? texts.keys.linkCopied : texts.common.copyFailed);
  }, []);
  useShortcuts({
    help: () => setKeysOpen(true),
    theme: toggleTheme,
    goHome: () => navigate('/'),
    goExplore: () => navigate('/explore'),
    copyLink,
  });
  const isCurrent = (path: string) => (location === path ? ('page' as const) : undefined);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {texts.shell.skip}
      </a>
      <header className={styles.bar}>
        <Link href="/" className={styles.brand}>
          <Mark />
          <span>{texts.product}</span>
        </Link>
        <nav aria-label={texts.shell.navigation} className={styles.nav}>
          <Link href="/" aria-current={isCurrent('/')}>
            {texts.shell.home}
          </Link>
          <Link href="/explore" aria-current={isCurrent('/explore')}>
            {texts.shell.explore}
          </Link>
        </nav>
        <OpenById />
        <IconButton
          icon={theme === 'dark' ? 'sun' : 'moon'}
          label={theme === 'dark' ? texts.shell.toLight : texts.shell.toDark}
          onClick={toggleTheme}
        />
        <IconButton icon="keyboard" label={texts.shell.keys} onClick={() => setKeysOpen(true)} />
      </header>
      <main id="content" className={styles.content} tabIndex={-1}>
        {children}
      </main>
      <div role="status" className={note === null ? 'visually-hidden' : styles.note}>
        {note}
      </div>
      <KeysDialog open={keysOpen} onOpenChange={setKeysOpen} />
    </div>
  );
}
