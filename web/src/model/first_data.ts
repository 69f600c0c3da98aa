// What the line "waiting for the first span" says, from the server's counters.

export interface FirstData {
  readonly connections: number;
  readonly requests: number;
  readonly bytes: number;
  readonly acceptedSpans: number;
  readonly refusedSpans: number;
  readonly lastRefusal: {
    readonly reason: string;
    readonly transport: string;
    readonly atUnixMs: number;
  } | null;
  readonly lastTraceId: string | null;
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
}

export type FirstDataState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'connected'; readonly connections: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly transport: string }
  | { readonly kind: 'arrived'; readonly spans: number; readonly traceId: string | null };

/**
 * Compares the counters with those of the moment the page was opened (`before`), so that the line
 * speaks of the application that is being connected now and not of what was sent yesterday.
 */
export function firstDataState(before: FirstData, now: FirstData): FirstDataState {
  const spans = now.acceptedSpans - before.acceptedSpans;
  const refusal = now.lastRefusal;
  const isNewRefusal =
    refusal !== null && refusal.atUnixMs !== (before.lastRefusal?.atUnixMs ?? null);
  if (isNewRefusal && spans <= 0) {
    return { kind: 'refused', reason: refusal.reason, transport: refusal.transport };
  }
  if (spans > 0) {
    return { kind: 'arrived', spans, traceId: now.lastTraceId };
  }
  if (now.bytes > before.bytes) {
    return { kind: 'bytes', bytes: now.bytes - before.bytes };
  }
  if (now.connections > before.connections) {
    return { kind: 'connected', connections: now.connections - before.connections };
  }
  return { kind: 'waiting' };
}

/**
 * Returns the address an application should send to: the listener's own, but for a listener on
 * every interface the name under which the browser reached the server.
 */
export function reachableAddress(listener: string, browserHost: string): string {
  const split = listener.lastIndexOf(':');
  const host = listener.slice(0, split);
  const port = listener.slice(split + 1);
  const isAny = host === '0.0.0.0' || host === '[::]' || host === '' || host === '*';
  return isAny ? `${browserHost}:${port}` : listener;
}

/**
 * Returns the counters to compare with. While the store is empty everything counts, also what
 * was refused before the page was opened.
 */
export function firstDataBaseline(first: FirstData): FirstData {
  return first.acceptedSpans > 0
    ? first
    : { ...first, connections: 0, requests: 0, bytes: 0, refusedSpans: 0, lastRefusal: null };
}
