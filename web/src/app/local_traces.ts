// Traces of files that were opened in this browser and not sent to the server. They live as long
// as the page does.

import type { Span } from '../model/otlp';

const traces = new Map<string, readonly Span[]>();

/** Replaces what was open by the traces of another file. */
export function openLocalTraces(byTraceId: ReadonlyMap<string, readonly Span[]>): void {
  traces.clear();
  for (const [id, spans] of byTraceId) {
    traces.set(id, spans);
  }
}

export function closeLocalTraces(): void {
  traces.clear();
}

export function localTrace(id: string): readonly Span[] | null {
  return traces.get(id) ?? null;
}
