// Light or dark. The stored choice wins over the system's; public/theme.js sets the first value.

import { useSyncExternalStore } from 'react';
import { loadPreference, storePreference } from './preferences';

export type Theme = 'light' | 'dark';

const listeners = new Set<() => void>();

function currentTheme(): Theme {
  return document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light';
}

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) {
    listener();
  }
}

export function toggleTheme(): void {
  const next: Theme = currentTheme() === 'dark' ? 'light' : 'dark';
  storePreference('theme', next);
  apply(next);
}

/** Follows the system's colour scheme for as long as no choice is stored. */
export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
    if (loadPreference('theme') === null) {
      apply(event.matches ? 'dark' : 'light');
    }
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}
