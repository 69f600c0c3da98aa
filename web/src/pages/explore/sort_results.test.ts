import { describe, expect, it } from 'vitest';
import type { TraceSummary } from '../../api/types';
import { unixNanoseconds } from '../../model/time';
import { sortResults } from './sort_results';

function summary(
  traceId: string,
  start: bigint,
  durationMs: number,
  spans: number,
  errors: number,
) {
  const trace: TraceSummary = {
    traceId,
    rootService: 'a',
    rootName: 'b',
    start: unixNanoseconds(start),
    durationMs,
    matchedSpans: [],
    matchedCount: 0,
    services: [{ service: 'a', spans, errors }],
  };
  return trace;
}

const list = [summary('a', 5n, 10, 1, 3), summary('b', 9n, 30, 2, 0), summary('c', 9n, 20, 9, 3)];
const order = (sort: Parameters<typeof sortResults>[1]) =>
  sortResults(list, sort)
    .map((trace) => trace.traceId)
    .join('');

describe('sortResults', () => {
  it('orders by the wish, then newest first, then by id', () => {
    expect(order('newest')).toBe('bca');
    expect(order('slowest')).toBe('bca');
    expect(order('errors')).toBe('cab');
    expect(order('spans')).toBe('cba');
  });

  it('leaves the list it was given alone', () => {
    sortResults(list, 'spans');
    expect(list.map((trace) => trace.traceId).join('')).toBe('abc');
  });
});
