// The list that the last trace was opened from, so that [ and ] can walk along it.

let traceIds: readonly string[] = [];

export function rememberResults(ids: readonly string[]): void {
  traceIds = ids;
}

/** Returns the neighbour of `id` in the list, or null at its ends and for a trace not in it. */
export function neighbour(id: string, step: 1 | -1): string | null {
  const at = traceIds.indexOf(id);
  return at < 0 ? null : (traceIds[at + step] ?? null);
}
