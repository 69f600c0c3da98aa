// Which spans a waterfall shows, given what is collapsed.

import type { Trace } from './trace';

export interface Rows {
  /** Span index of every visible row, in order. */
  readonly spans: Int32Array;
  /** Row of every span; a span inside a collapsed subtree has the row of what hides it. */
  readonly rowOf: Int32Array;
}

export function visibleRows(trace: Trace, collapsed: ReadonlySet<number>): Rows {
  const spans = new Int32Array(trace.spanCount);
  const rowOf = new Int32Array(trace.spanCount);
  let count = 0;
  for (let i = 0; i < trace.spanCount; ) {
    spans[count] = i;
    rowOf[i] = count;
    if (collapsed.has(i) && trace.childCount[i] > 0) {
      rowOf.fill(count, i, trace.subtreeEnd[i]);
      i = trace.subtreeEnd[i];
    } else {
      i++;
    }
    count++;
  }
  return { spans: spans.subarray(0, count), rowOf };
}

/** Returns `collapsed` without the ancestors of `index`, so that its row can be seen. */
export function reveal(
  trace: Trace,
  collapsed: ReadonlySet<number>,
  index: number,
): ReadonlySet<number> {
  let result: Set<number> | null = null;
  for (let at = trace.parent[index]; at >= 0; at = trace.parent[at]) {
    if (collapsed.has(at)) {
      result = result ?? new Set(collapsed);
      result.delete(at);
    }
  }
  return result ?? collapsed;
}
