// Rendering of components in tests: with the client that the application has, at a given address.

import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render } from '@testing-library/react';
import type { ReactElement } from 'react';
import { vi } from 'vitest';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { makeQueryClient } from '../app/query_client';

export interface Rendered {
  /** Addresses visited so far, the current one last. */
  readonly history: readonly string[];
  readonly unmount: () => void;
}

export function renderAt(path: string, element: ReactElement): Rendered {
  cleanup();
  const location = memoryLocation({ path, record: true });
  const { unmount } = render(
    <QueryClientProvider client={makeQueryClient()}>
      <Router hook={location.hook} searchHook={location.searchHook}>
        {element}
      </Router>
    </QueryClientProvider>,
  );
  return { history: location.history, unmount };
}

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

/**
 * Answers fetch from a table of path beginnings; an unknown path is a failed connection. Returns
 * the list of addresses that were asked.
 */
export function fakeFetch(answers: Readonly<Record<string, Answer>>): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (input: string) => {
    asked.push(input);
    const found = Object.entries(answers).find(([beginning]) => input.startsWith(beginning));
    if (found === undefined) {
      return Promise.reject(new TypeError('Failed to fetch'));
    }
    const { status = 200, body } = found[1];
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status }));
  });
  return asked;
}
