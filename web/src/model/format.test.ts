import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ageOf,
  formatBytes,
  formatDuration,
  formatExactTime,
  formatTick,
  formatValue,
  fromLocalInput,
  toLocalInput,
} from './format';
import { unixNanoseconds } from './time';

describe('formatDuration', () => {
  it.each([
    [0, '0'],
    [1, '1 ns'],
    [999, '999 ns'],
    [999.7, '1 µs'],
    [1500, '1.5 µs'],
    [12_345, '12.3 µs'],
    [999_600, '1 ms'],
    [328_000_000, '328 ms'],
    [1_480_000_000, '1.48 s'],
    [59_990_000_000, '1 m 0 s'],
    [123_000_000_000, '2 m 3 s'],
    [3_599_900_000_000, '1 h 0 m'],
    [7_260_000_000_000, '2 h 1 m'],
    [-2000, '-2 µs'],
  ])('writes %d ns as %s', (value, expected) => {
    expect(formatDuration(value)).toBe(expected);
  });

  it('never writes 60 seconds or 1000 of a unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (value) => {
        expect(formatDuration(value)).not.toMatch(/\b1000\b|\b60 s|\b60 m/);
      }),
    );
  });
});

describe('formatTick', () => {
  it('writes as many digits as two neighbours need to differ', () => {
    expect(formatTick(1_500_000_000, 500_000_000)).toBe('1.5 s');
    expect(formatTick(2_000_000, 1_000_000)).toBe('2 ms');
    expect(formatTick(1_000_020_000, 20_000)).toBe('1.00002 s');
    expect(formatTick(0, 5)).toBe('0');
  });
});

describe('formatValue', () => {
  it('writes nested values as JSON, bytes in hex', () => {
    expect(
      formatValue({
        kind: 'map',
        entries: [
          {
            key: 'a',
            value: {
              kind: 'array',
              values: [{ kind: 'int', text: '9007199254740993' }, { kind: 'empty' }],
            },
          },
          { key: 'b', value: { kind: 'bytes', bytes: new Uint8Array([1, 255]) } },
          { key: 'c', value: { kind: 'string', text: 'x"y' } },
        ],
      }),
    ).toBe('{"a": [9007199254740993, null], "b": "01ff", "c": "x\\"y"}');
  });
});

describe('times', () => {
  it('keep their nanoseconds', () => {
    expect(formatExactTime(unixNanoseconds(1_700_000_000_000_000_001n))).toMatch(/\.000000001$/);
  });

  it('go into a date field and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100_000_000, max: 4_000_000_000 }), (seconds) => {
        const back = fromLocalInput(toLocalInput(seconds));
        // An hour that a clock change repeats has two meanings; all others come back.
        expect([0, 3600, -3600]).toContain((back ?? 0) - seconds);
      }),
    );
    expect(fromLocalInput('')).toBeNull();
    expect(fromLocalInput('soon')).toBeNull();
  });

  it.each([
    [500, { value: 0, unit: 'now' }],
    [40_000, { value: 40, unit: 'seconds' }],
    [120_000, { value: 2, unit: 'minutes' }],
    [7_200_000, { value: 2, unit: 'hours' }],
    [300_000_000, { value: 3, unit: 'days' }],
  ])('are %d ms ago in one number', (value, expected) => {
    expect(ageOf(value)).toEqual(expected);
  });
});

describe('formatBytes', () => {
  it('counts in 1024s', () => {
    expect(formatBytes(1000)).toBe('1000 B');
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect(formatBytes(256 * 1024 * 1024)).toBe('256 MiB');
  });
});
