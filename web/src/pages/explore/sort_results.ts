// Orders of a result list. The server answers newest first; every other order is of these traces.

import type { TraceSummary } from '../../api/types';
import type { Sort } from '../../url/codec';

function total(trace: TraceSummary, of: 'spans' | 'errors'): number {
  return trace.services.reduce((sum, service) => sum + service[of], 0);
}

/** Newest first, then by id: a total order, so that the same answer always looks the same. */
function byNewest(a: TraceSummary, b: TraceSummary): number {
  if (a.start !== b.start) {
    return a.start > b.start ? -1 : 1;
  }
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}

export function sortResults(traces: readonly TraceSummary[], sort: Sort): TraceSummary[] {
  const compare = (a: TraceSummary, b: TraceSummary): number => {
    switch (sort) {
      case 'newest':
        return 0;
      case 'slowest':
        return b.durationMs - a.durationMs;
      case 'errors':
        return total(b, 'errors') - total(a, 'errors');
      case 'spans':
        return total(b, 'spans') - total(a, 'spans');
    }
  };
  return [...traces].sort((a, b) => compare(a, b) || byNewest(a, b));
}
