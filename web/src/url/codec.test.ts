import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../testing/arbitraries';
import {
  type ExploreState,
  formatExplore,
  formatTraceView,
  kCollapsedMax,
  kDefaultExplore,
  kDefaultTraceView,
  kLimits,
  kRangePresets,
  kSorts,
  parseExplore,
  parseTraceView,
  resolveRange,
  type TimeRange,
  type TraceViewState,
} from './codec';

const range: fc.Arbitrary<TimeRange> = fc.oneof(
  fc.constantFrom(...kRangePresets).map((preset): TimeRange => ({ kind: 'relative', preset })),
  fc
    .tuple(fc.nat({ max: 2_000_000_000 }), fc.integer({ min: 1, max: 1_000_000 }))
    .map(([from, length]): TimeRange => ({ kind: 'absolute', from, to: from + length })),
);

const exploreState: fc.Arbitrary<ExploreState> = fc.record({
  query: fc.string({ unit: 'grapheme' }),
  range,
  limit: fc.constantFrom(...kLimits),
  sort: fc.constantFrom(...kSorts),
});

const traceState: fc.Arbitrary<TraceViewState> = fc.record({
  span: fc.oneof(fc.constant(null), hex(16)),
  zoom: fc.oneof(
    fc.constant(null),
    fc
      .tuple(fc.nat(), fc.integer({ min: 1 }))
      .map(([from, length]) => ({ from, to: from + length })),
  ),
  collapsed: fc.uniqueArray(hex(16), { maxLength: 5 }),
});

const anySearch = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('q', 'range', 'from', 'to', 'limit', 'sort', 'span', 'zoom', 'collapsed'),
      fc.string({ unit: 'binary' }),
    )
    .map(([key, value]) => `?${key}=${value}&${key}=%E0%A4`),
);

describe('explore state in the URL', () => {
  it('comes back from every state it was written from', () => {
    fc.assert(
      fc.property(exploreState, (state) => {
        expect(parseExplore(formatExplore(state))).toEqual(state);
      }),
    );
  });

  it('is read from anything without throwing', () => {
    fc.assert(
      fc.property(anySearch, (text) => {
        const state = parseExplore(text);
        expect(parseExplore(formatExplore(state))).toEqual(state);
      }),
    );
  });

  it('leaves out what has its default value', () => {
    expect(formatExplore(kDefaultExplore)).toBe('');
    expect(formatExplore({ ...kDefaultExplore, limit: 50 })).toBe('?limit=50');
  });

  it.each([
    '?from=5&to=5',
    '?from=9&to=5',
    '?from=x&to=5',
    '?range=2y',
    '?from=5',
    '?from=1e3&to=99999999999999999999',
  ])('takes the default range for %s', (text) => {
    expect(parseExplore(text).range).toEqual(kDefaultExplore.range);
  });
});

describe('trace state in the URL', () => {
  it('comes back from every state it was written from', () => {
    fc.assert(
      fc.property(traceState, (state) => {
        expect(parseTraceView(formatTraceView(state))).toEqual(state);
      }),
    );
  });

  it('is read from anything without throwing', () => {
    fc.assert(
      fc.property(anySearch, (text) => {
        const state = parseTraceView(text);
        expect(parseTraceView(formatTraceView(state))).toEqual(state);
      }),
    );
  });

  it('leaves out what has its default value', () => {
    expect(formatTraceView(kDefaultTraceView)).toBe('');
  });

  it('pads a short span id, as other programs write it', () => {
    expect(parseTraceView('?span=AB').span).toBe('00000000000000ab');
  });

  it('keeps a link within its length', () => {
    const collapsed = Array.from({ length: 500 }, (_, index) =>
      index.toString(16).padStart(16, '0'),
    );
    const text = formatTraceView({ ...kDefaultTraceView, collapsed });
    expect(parseTraceView(text).collapsed).toHaveLength(kCollapsedMax);
  });
});

describe('resolveRange', () => {
  it('ends after the newest second for a relative range', () => {
    expect(resolveRange({ kind: 'relative', preset: '15m' }, 1_000_500)).toEqual({
      start: 102,
      end: 1002,
    });
  });

  it('has no ends for any time', () => {
    expect(resolveRange({ kind: 'relative', preset: 'all' }, 1_000_500)).toBeNull();
  });

  it('takes an absolute range as it is', () => {
    expect(resolveRange({ kind: 'absolute', from: 3, to: 9 }, 1_000_500)).toEqual({
      start: 3,
      end: 9,
    });
  });
});
