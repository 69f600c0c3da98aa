import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, idToHex, isTraceId, padTraceId, toBase64, toHex } from './bytes';

describe('base64', () => {
  it('comes back from every run of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it('is refused when it is none', () => {
    expect(fromBase64('a*b=')).toBeNull();
    expect(fromBase64('abcde')).toBeNull();
  });
});

describe('idToHex', () => {
  it('takes the same id in hex, base64 and URL-safe base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        const hex = toHex(bytes);
        const base64 = toBase64(bytes);
        expect(idToHex(hex.toUpperCase(), 8)).toBe(hex);
        expect(idToHex(base64, 8)).toBe(hex);
        expect(idToHex(base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', ''), 8)).toBe(
          hex,
        );
      }),
    );
  });

  it('refuses other lengths', () => {
    expect(idToHex('abcd', 8)).toBeNull();
    expect(idToHex('z'.repeat(16), 8)).toBeNull();
    expect(idToHex('', 16)).toBe('');
  });
});

describe('trace ids', () => {
  it('are padded to 32 digits', () => {
    expect(padTraceId('AB')).toBe('ab'.padStart(32, '0'));
  });

  it('have 1 to 32 hex digits', () => {
    expect(isTraceId('1')).toBe(true);
    expect(isTraceId('')).toBe(false);
    expect(isTraceId('g')).toBe(false);
    expect(isTraceId('1'.repeat(33))).toBe(false);
  });
});
