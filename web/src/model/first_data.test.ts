import { describe, expect, it } from 'vitest';
import { type FirstData, firstDataBaseline, firstDataState, reachableAddress } from './first_data';

const kNothing: FirstData = {
  connections: 0,
  requests: 0,
  bytes: 0,
  acceptedSpans: 0,
  refusedSpans: 0,
  lastRefusal: null,
  lastTraceId: null,
  otlpHttp: '127.0.0.1:4318',
  otlpGrpc: '127.0.0.1:4317',
};
const refusal = { reason: 'wrong content type', transport: 'http', atUnixMs: 5 };

describe('firstDataState', () => {
  it('waits while nothing changes', () => {
    expect(firstDataState(kNothing, kNothing)).toEqual({ kind: 'waiting' });
  });

  it('tells a connection from bytes and bytes from spans', () => {
    expect(firstDataState(kNothing, { ...kNothing, connections: 2 })).toEqual({
      kind: 'connected',
      connections: 2,
    });
    expect(firstDataState(kNothing, { ...kNothing, connections: 2, bytes: 10 })).toEqual({
      kind: 'bytes',
      bytes: 10,
    });
    const now = { ...kNothing, bytes: 10, acceptedSpans: 3, lastTraceId: 'ab' };
    expect(firstDataState(kNothing, now)).toEqual({ kind: 'arrived', spans: 3, traceId: 'ab' });
  });

  it('names a refusal until spans arrive', () => {
    const refused = { ...kNothing, bytes: 10, lastRefusal: refusal };
    expect(firstDataState(kNothing, refused)).toMatchObject({ kind: 'refused' });
    expect(firstDataState(kNothing, { ...refused, acceptedSpans: 1 })).toMatchObject({
      kind: 'arrived',
    });
  });

  it('speaks only of what came after the page was opened', () => {
    const before = { ...kNothing, bytes: 900, acceptedSpans: 70, lastRefusal: refusal };
    expect(firstDataState(firstDataBaseline(before), before)).toEqual({ kind: 'waiting' });
    const again = { ...before, lastRefusal: { ...refusal, atUnixMs: 6 } };
    expect(firstDataState(firstDataBaseline(before), again)).toMatchObject({ kind: 'refused' });
  });

  it('counts everything while the store is empty', () => {
    const before = { ...kNothing, bytes: 900, lastRefusal: refusal };
    expect(firstDataState(firstDataBaseline(before), before)).toMatchObject({ kind: 'refused' });
  });
});

describe('reachableAddress', () => {
  it.each([
    ['127.0.0.1:4318', '127.0.0.1:4318'],
    ['0.0.0.0:4318', 'box.example:4318'],
    ['[::]:4318', 'box.example:4318'],
    [':4318', 'box.example:4318'],
    ['10.0.0.7:4318', '10.0.0.7:4318'],
  ])('turns %s into %s', (listener, expected) => {
    expect(reachableAddress(listener, 'box.example')).toBe(expected);
  });
});
