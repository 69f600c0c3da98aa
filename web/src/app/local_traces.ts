// The file that is open in this browser and not sent to the server. It lives as long as the page.

import { useSyncExternalStore } from 'react';
import type { Span } from '../model/otlp';

export interface OpenFile {
  readonly file: File;
  readonly spanCount: number;
  readonly traces: ReadonlyMap<string, readonly Span[]>;
}

let current: OpenFile | null = null;
const listeners = new Set<() => void>();

function change(next: OpenFile | null): void {
  current = next;
  for (const listener of listeners) {
    listener();
  }
}

/** Replaces what was open by another file. */
export function openLocalFile(file: OpenFile): void {
  change(file);
}

export function closeLocalFile(): void {
  change(null);
}

export function useLocalFile(): OpenFile | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
