import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampWindow, fullWindow, isFull, panWindow, ticks, zoomWindow } from './window';

const duration = fc.integer({ min: 0, max: 1e15 });
const number = fc.double({ noNaN: true, min: -1e16, max: 1e16 });

describe('time window', () => {
  it('stays inside the trace, whatever is done to it', () => {
    fc.assert(
      fc.property(
        duration,
        number,
        number,
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (length, from, to, factor, at) => {
          const full = fullWindow(length);
          const first = clampWindow(from, to, length);
          for (const window of [
            first,
            zoomWindow(first, factor, at, length),
            panWindow(first, at - 0.5, length),
          ]) {
            expect(window.from).toBeGreaterThanOrEqual(0);
            expect(window.to).toBeLessThanOrEqual(full.to);
            expect(window.to).toBeGreaterThan(window.from);
          }
        },
      ),
    );
  });

  it('keeps the point under the pointer where it is', () => {
    const window = zoomWindow(clampWindow(200, 600, 1000), 0.5, 0.25, 1000);
    expect(window).toEqual({ from: 250, to: 450 });
  });

  it('knows when it shows everything', () => {
    expect(isFull(fullWindow(1000), 1000)).toBe(true);
    expect(isFull(clampWindow(1, 1000, 1000), 1000)).toBe(false);
  });

  it('moves sideways without changing its width', () => {
    expect(panWindow(clampWindow(100, 200, 1000), 0.5, 1000)).toEqual({ from: 150, to: 250 });
    expect(panWindow(clampWindow(100, 200, 1000), 50, 1000)).toEqual({ from: 900, to: 1000 });
  });
});

describe('ticks', () => {
  it('stand at round points inside the window', () => {
    expect(ticks(clampWindow(0, 1000, 1000), 5)).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(ticks(clampWindow(130, 190, 1000), 3)).toEqual([140, 160, 180]);
  });

  it('are never many more than wanted', () => {
    fc.assert(
      fc.property(duration, fc.integer({ min: 1, max: 40 }), (length, wanted) => {
        expect(ticks(fullWindow(length), wanted).length).toBeLessThanOrEqual(wanted + 2);
      }),
    );
  });
});
