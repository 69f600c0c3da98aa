import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indentStep, kRowHeight, rowGeometry, scrollToRow, visibleRange } from './geometry';

describe('visibleRange', () => {
  it('holds every row that a part of is seen, and no more than a screen of them', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1e6 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.nat({ max: 1e5 }),
        (scrollTop, height, rowCount) => {
          const { first, end } = visibleRange(scrollTop, height, rowCount);
          expect(end - first).toBeLessThanOrEqual(height / kRowHeight + 2);
          for (const row of [first - 1, first, end - 1, end]) {
            const isSeen =
              row * kRowHeight < scrollTop + height && (row + 1) * kRowHeight > scrollTop;
            const isInside = row >= first && row < end;
            if (row >= 0 && row < rowCount) {
              expect(isInside).toBe(isSeen);
            }
          }
        },
      ),
    );
  });
});

describe('scrollToRow', () => {
  it('leaves a row alone that is seen, and brings any other just into view', () => {
    expect(scrollToRow(5, 100, 400, false)).toBe(100);
    expect(scrollToRow(1, 100, 400, false)).toBe(kRowHeight);
    expect(scrollToRow(50, 100, 400, false)).toBe(51 * kRowHeight - 400);
  });

  it('puts a row in the middle when asked', () => {
    expect(scrollToRow(100, 0, 426, true)).toBe(100 * kRowHeight - 200);
    expect(scrollToRow(0, 0, 426, true)).toBe(0);
  });
});

describe('indentation', () => {
  it('leaves room for names however deep a trace is', () => {
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), fc.integer({ min: 120, max: 900 }), (depth, width) => {
        const { content } = rowGeometry(depth, indentStep(depth, width));
        expect(content).toBeLessThanOrEqual(width * 0.45 + 27);
      }),
    );
  });
});
