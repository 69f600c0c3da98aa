import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignColours, kServiceColourCount } from './palette';

describe('assignColours', () => {
  it('gives different services different colours while there are enough', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: kServiceColourCount }), (services) => {
        expect(new Set(assignColours(services)).size).toBe(services.length);
      }),
    );
  });

  it('does not depend on the order of services', () => {
    const services = ['cart', 'mail', 'frontend', 'payment'];
    const forwards = assignColours(services);
    const backwards = assignColours([...services].reverse()).reverse();
    expect(backwards).toEqual(forwards);
  });

  it('uses only colours that exist', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 40 }), (services) => {
        for (const colour of assignColours(services)) {
          expect(colour).toBeGreaterThanOrEqual(0);
          expect(colour).toBeLessThan(kServiceColourCount);
        }
      }),
    );
  });
});
