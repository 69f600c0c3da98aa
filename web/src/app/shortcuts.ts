// Keyboard shortcuts. The table says which exist; a page binds what they do while it is shown.

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { loadPreference, storePreference } from './preferences';

export type ShortcutGroup = 'everywhere' | 'explore' | 'trace';

interface Shortcut {
  readonly group: ShortcutGroup;
  /** Alternatives; each is a key, or several pressed one after the other. */
  readonly keys: readonly (readonly string[])[];
}

/** Keys as in KeyboardEvent.key; `Control+` stands for Ctrl, and for Command on a Mac. */
export const kShortcuts = {
  help: { group: 'everywhere', keys: [['?']] },
  theme: { group: 'everywhere', keys: [['t']] },
  goHome: { group: 'everywhere', keys: [['g', 'h']] },
  goExplore: { group: 'everywhere', keys: [['g', 'e']] },
  copyLink: { group: 'everywhere', keys: [['y']] },
  focusQuery: { group: 'explore', keys: [['/']] },
  run: { group: 'explore', keys: [['Control+Enter']] },
  next: { group: 'trace', keys: [['j'], ['ArrowDown']] },
  previous: { group: 'trace', keys: [['k'], ['ArrowUp']] },
  first: { group: 'trace', keys: [['Home']] },
  last: { group: 'trace', keys: [['End']] },
  expand: { group: 'trace', keys: [['ArrowRight']] },
  collapse: { group: 'trace', keys: [['ArrowLeft']] },
  open: { group: 'trace', keys: [['Enter']] },
  close: { group: 'trace', keys: [['Escape']] },
  nextError: { group: 'trace', keys: [['e']] },
  previousError: { group: 'trace', keys: [['E']] },
  zoomIn: { group: 'trace', keys: [['+'], ['=']] },
  zoomOut: { group: 'trace', keys: [['-']] },
  zoomReset: { group: 'trace', keys: [['0']] },
  previousTrace: { group: 'trace', keys: [['[']] },
  nextTrace: { group: 'trace', keys: [[']']] },
} as const satisfies Record<string, Shortcut>;

export type ShortcutId = keyof typeof kShortcuts;
export type ShortcutHandlers = Partial<Record<ShortcutId, () => void>>;

// Time between the two keys of a sequence such as g h.
const kSequenceMs = 1200;

const stack: { current: ShortcutHandlers }[] = [];
let pending: { key: string; at: number } | null = null;
let singleLetters = loadPreference('shortcuts') !== 'off';
const settingListeners = new Set<() => void>();

export function setSingleLetters(on: boolean): void {
  singleLetters = on;
  storePreference('shortcuts', on ? 'on' : 'off');
  for (const listener of settingListeners) {
    listener();
  }
}

export function useSingleLetters(): boolean {
  return useSyncExternalStore(
    (listener) => {
      settingListeners.add(listener);
      return () => settingListeners.delete(listener);
    },
    () => singleLetters,
  );
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Keys that a focused button, link or tab has a use for itself. */
function isOwnedByWidget(event: KeyboardEvent): boolean {
  if (!/^(Arrow|Enter| |Home|End)/.test(event.key)) {
    return false;
  }
  const target = event.target;
  return (
    target instanceof Element &&
    target.closest('button, a, [role="tab"], [role="separator"], [role="dialog"], summary') !== null
  );
}

function find(event: KeyboardEvent): (() => void) | null {
  const hasControl = event.ctrlKey || event.metaKey;
  if (event.altKey) {
    return null;
  }
  const key = hasControl ? `Control+${event.key}` : event.key;
  const isSingle = !hasControl && event.key.length === 1;
  if (isField(event.target) && !hasControl) {
    return null;
  }
  if (isSingle && !singleLetters) {
    return null;
  }
  if (document.querySelector('[role="dialog"]') !== null) {
    return null;
  }
  const now = event.timeStamp;
  const before = pending !== null && now - pending.at < kSequenceMs ? pending.key : null;
  pending = null;
  for (let i = stack.length - 1; i >= 0; i--) {
    const handlers = stack[i].current;
    for (const [id, handler] of Object.entries(handlers)) {
      const keys: readonly (readonly string[])[] = kShortcuts[id as ShortcutId].keys;
      for (const sequence of keys) {
        const matches =
          sequence.length === 1
            ? sequence[0] === key && before === null
            : sequence[0] === before && sequence[1] === key;
        if (matches && handler !== undefined && !isOwnedByWidget(event)) {
          return handler;
        }
      }
    }
  }
  const startsSequence = Object.values(kShortcuts).some((shortcut: Shortcut) =>
    shortcut.keys.some((sequence) => sequence.length > 1 && sequence[0] === key),
  );
  if (startsSequence) {
    pending = { key, at: now };
  }
  return null;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) {
    return;
  }
  const handler = find(event);
  if (handler !== null) {
    event.preventDefault();
    handler();
  }
}

/** Binds shortcuts while the component is shown; the newest binding of a key wins. */
export function useShortcuts(handlers: ShortcutHandlers): void {
  const current = useRef(handlers);
  current.current = handlers;
  useEffect(() => {
    if (stack.length === 0) {
      window.addEventListener('keydown', onKeyDown);
    }
    stack.push(current);
    return () => {
      stack.splice(stack.indexOf(current), 1);
      if (stack.length === 0) {
        window.removeEventListener('keydown', onKeyDown);
      }
    };
  }, []);
}
