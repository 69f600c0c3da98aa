import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSpan, serviceResource, tangledSpans } from '../testing/arbitraries';
import { reveal, visibleRows } from './rows';
import {
  buildTrace,
  findSpan,
  groupByTrace,
  kFlagBeforeParent,
  kFlagMissingParent,
  kFlagNegativeDuration,
  kFlagParentCycle,
  nextError,
  type Trace,
} from './trace';

const kId = `${'0'.repeat(31)}1`;

function id(number: number): string {
  return number.toString(16).padStart(16, '0');
}

/** The trace as lines, two blanks a level. */
function outline(trace: Trace): string[] {
  return trace.spans.map((span, index) => '  '.repeat(trace.depth[index]) + span.name);
}

describe('buildTrace', () => {
  it('puts children below their parents in order of start', () => {
    const trace = buildTrace(kId, [
      makeSpan({ spanId: id(3), parentSpanId: id(1), name: 'late', start: 30 }),
      makeSpan({ spanId: id(4), parentSpanId: id(2), name: 'inner', start: 20 }),
      makeSpan({ spanId: id(1), name: 'root', start: 5, end: 90 }),
      makeSpan({ spanId: id(2), parentSpanId: id(1), name: 'early', start: 10 }),
    ]);
    expect(outline(trace)).toEqual(['root', '  early', '    inner', '  late']);
    expect(trace.start).toBe(5n);
    expect(trace.duration).toBe(85);
    expect([...trace.spanStart]).toEqual([0, 5, 15, 25]);
    expect([...trace.siblingPosition]).toEqual([1, 1, 1, 2]);
    expect([...trace.siblingCount]).toEqual([1, 2, 1, 2]);
  });

  it('keeps nanoseconds apart that a double of the full time would not', () => {
    const start = 1_800_000_000_000_000_000n;
    const trace = buildTrace(kId, [
      { ...makeSpan({ spanId: id(1) }), start: start as never, end: (start + 10n) as never },
      { ...makeSpan({ spanId: id(2) }), start: (start + 1n) as never, end: (start + 2n) as never },
    ]);
    expect([...trace.spanStart]).toEqual([0, 1]);
    expect([...trace.spanDuration]).toEqual([10, 1]);
  });

  it('marks spans whose parent is not there, and names the trace by its real root', () => {
    const trace = buildTrace(kId, [
      makeSpan({ spanId: id(2), parentSpanId: id(9), name: 'orphan', start: 1 }),
      makeSpan({ spanId: id(1), name: 'root', start: 4 }),
    ]);
    expect(outline(trace)).toEqual(['orphan', 'root']);
    expect(trace.flags[0] & kFlagMissingParent).toBeTruthy();
    expect(trace.missingParentCount).toBe(1);
    expect(trace.spans[trace.root].name).toBe('root');
  });

  it('cuts a circle of parents at its earliest span', () => {
    const trace = buildTrace(kId, [
      makeSpan({ spanId: id(1), parentSpanId: id(3), name: 'a', start: 3 }),
      makeSpan({ spanId: id(2), parentSpanId: id(1), name: 'b', start: 1 }),
      makeSpan({ spanId: id(3), parentSpanId: id(2), name: 'c', start: 2 }),
      makeSpan({ spanId: id(4), parentSpanId: id(1), name: 'hanger-on', start: 0 }),
    ]);
    expect(outline(trace)).toEqual(['b', '  c', '    a', '      hanger-on']);
    expect(trace.flags[0] & kFlagParentCycle).toBeTruthy();
  });

  it('puts the server side of a shared id below the client side', () => {
    const trace = buildTrace(kId, [
      makeSpan({ spanId: id(1), name: 'server', kind: 'server', start: 2 }),
      makeSpan({ spanId: id(1), name: 'client', kind: 'client', start: 1 }),
      makeSpan({ spanId: id(2), parentSpanId: id(1), name: 'work', start: 3 }),
    ]);
    expect(outline(trace)).toEqual(['client', '  server', '    work']);
  });

  it('marks clocks that differ and times that run backwards', () => {
    const trace = buildTrace(kId, [
      makeSpan({ spanId: id(1), start: 10, end: 20 }),
      makeSpan({ spanId: id(2), parentSpanId: id(1), start: 5, end: 4 }),
    ]);
    expect(trace.flags[1]).toBe(kFlagBeforeParent | kFlagNegativeDuration);
    expect(trace.spanDuration[1]).toBe(0);
  });

  it('numbers the services by first appearance', () => {
    const trace = buildTrace(kId, [
      makeSpan({ spanId: id(1), resource: serviceResource('a') }),
      makeSpan({ spanId: id(2), parentSpanId: id(1), start: 1, resource: serviceResource('b') }),
      makeSpan({ spanId: id(3), parentSpanId: id(1), start: 2, resource: serviceResource('a') }),
      makeSpan({ spanId: id(4), parentSpanId: id(1), start: 3 }),
    ]);
    expect(trace.services).toEqual(['a', 'b', '']);
    expect([...trace.service]).toEqual([0, 1, 0, 2]);
  });

  it('holds its invariants for every tangle of spans', () => {
    fc.assert(
      fc.property(tangledSpans, (spans) => {
        const trace = buildTrace(kId, spans);
        // Every span once.
        expect(new Set(trace.spans).size).toBe(spans.length);
        expect(new Set(spans)).toEqual(new Set(trace.spans));
        for (let i = 0; i < trace.spanCount; i++) {
          const parent = trace.parent[i];
          // Preorder: a parent stands before, and its subtree holds the child's whole.
          if (parent >= 0) {
            expect(parent).toBeLessThan(i);
            expect(trace.subtreeEnd[parent]).toBeGreaterThanOrEqual(trace.subtreeEnd[i]);
            expect(trace.depth[i]).toBe(trace.depth[parent] + 1);
          } else {
            expect(trace.depth[i]).toBe(0);
          }
          expect(trace.subtreeEnd[i]).toBeGreaterThan(i);
          let children = 0;
          for (let j = i + 1; j < trace.subtreeEnd[i]; j++) {
            expect(trace.depth[j]).toBeGreaterThan(trace.depth[i]);
            children += trace.parent[j] === i ? 1 : 0;
          }
          expect(trace.childCount[i]).toBe(children);
          expect(trace.siblingPosition[i]).toBeGreaterThan(0);
          expect(trace.siblingPosition[i]).toBeLessThanOrEqual(trace.siblingCount[i]);
          expect(trace.spanStart[i]).toBeGreaterThanOrEqual(0);
          expect(trace.spanStart[i] + trace.spanDuration[i]).toBeLessThanOrEqual(trace.duration);
        }
      }),
    );
  });

  it('looks the same in whatever order spans with distinct ids come', () => {
    const distinct = tangledSpans.map((spans) => [
      ...new Map(spans.map((span) => [span.spanId, span])).values(),
    ]);
    fc.assert(
      fc.property(distinct, (spans) => {
        const forwards = buildTrace(kId, spans);
        const backwards = buildTrace(kId, [...spans].reverse());
        expect(backwards.spans.map((span) => span.spanId)).toEqual(
          forwards.spans.map((span) => span.spanId),
        );
      }),
    );
  });
});

describe('visibleRows', () => {
  it('shows a span unless one of its ancestors is collapsed', () => {
    fc.assert(
      fc.property(tangledSpans, fc.array(fc.nat({ max: 23 })), (spans, picks) => {
        const trace = buildTrace(kId, spans);
        const collapsed = new Set(picks.map((pick) => pick % trace.spanCount));
        const rows = visibleRows(trace, collapsed);
        const expected: number[] = [];
        for (let i = 0; i < trace.spanCount; i++) {
          let isShown = true;
          for (let at = trace.parent[i]; at >= 0; at = trace.parent[at]) {
            isShown &&= !collapsed.has(at);
          }
          if (isShown) {
            expected.push(i);
          }
        }
        expect([...rows.spans]).toEqual(expected);
        for (let i = 0; i < trace.spanCount; i++) {
          const shown = rows.spans[rows.rowOf[i]];
          expect(shown).toBeLessThanOrEqual(i);
          expect(trace.subtreeEnd[shown]).toBeGreaterThan(i);
        }
      }),
    );
  });

  it('shows any span after it was revealed', () => {
    fc.assert(
      fc.property(tangledSpans, fc.nat(), (spans, pick) => {
        const trace = buildTrace(kId, spans);
        const all = new Set(Array.from({ length: trace.spanCount }, (_, index) => index));
        const index = pick % trace.spanCount;
        const rows = visibleRows(trace, reveal(trace, all, index));
        expect(rows.spans[rows.rowOf[index]]).toBe(index);
      }),
    );
  });
});

describe('nextError', () => {
  const trace = buildTrace(kId, [
    makeSpan({ spanId: id(1), start: 0 }),
    makeSpan({ spanId: id(2), parentSpanId: id(1), start: 1, statusCode: 'error' }),
    makeSpan({ spanId: id(3), parentSpanId: id(1), start: 2 }),
    makeSpan({ spanId: id(4), parentSpanId: id(1), start: 3, statusCode: 'error' }),
  ]);

  it('goes forwards and backwards, round the ends', () => {
    expect(nextError(trace, -1, 1)).toBe(1);
    expect(nextError(trace, 1, 1)).toBe(3);
    expect(nextError(trace, 3, 1)).toBe(1);
    expect(nextError(trace, 0, -1)).toBe(3);
  });

  it('finds none where there is none', () => {
    expect(nextError(buildTrace(kId, [makeSpan({})]), 0, 1)).toBe(-1);
  });
});

describe('groupByTrace', () => {
  it('splits by trace id and leaves out spans without one', () => {
    const other = 'f'.repeat(32);
    const groups = groupByTrace([
      makeSpan({ traceId: kId }),
      makeSpan({ traceId: other }),
      makeSpan({ traceId: '' }),
      makeSpan({ traceId: kId }),
    ]);
    expect([...groups].map(([key, list]) => [key, list.length])).toEqual([
      [kId, 2],
      [other, 1],
    ]);
  });
});

describe('findSpan', () => {
  it('gives the place of an id, or -1', () => {
    const trace = buildTrace(kId, [makeSpan({ spanId: id(7) })]);
    expect(findSpan(trace, id(7))).toBe(0);
    expect(findSpan(trace, id(8))).toBe(-1);
  });
});
