import { describe, expect, it } from 'vitest';
import {
  decodeBuildInfo,
  decodeFirstData,
  decodeImport,
  decodeSearch,
  decodeTagValues,
  decodeTraceById,
} from './decode';

describe('decodeSearch', () => {
  it('reads an answer and takes the wire’s oddities out', () => {
    const traces = decodeSearch({
      traces: [
        {
          traceID: '2f3e',
          rootServiceName: 'shop',
          rootTraceName: 'GET /',
          startTimeUnixNano: '1684778327699392724',
          durationMs: 557,
          spanSet: { spans: [{ spanID: 'ff' }], matched: 9 },
          spanSets: [
            {
              spans: [
                {
                  spanID: '563d623c76514f8e',
                  startTimeUnixNano: '1684778327735077898',
                  durationNanos: '446979497',
                  attributes: [{ key: 'status', value: { stringValue: 'error' } }],
                },
              ],
              matched: 4,
            },
          ],
          serviceStats: { shop: { spanCount: 3, errorCount: 1 }, db: { spanCount: 1 } },
        },
      ],
      metrics: { inspectedBytes: '5' },
    });
    expect(traces).toHaveLength(1);
    expect(traces[0]).toMatchObject({
      traceId: '2f3e'.padStart(32, '0'),
      durationMs: 557,
      matchedCount: 4,
      services: [
        { service: 'shop', spans: 3, errors: 1 },
        { service: 'db', spans: 1, errors: 0 },
      ],
    });
    expect(traces[0].matchedSpans[0]).toMatchObject({
      spanId: '563d623c76514f8e',
      duration: 446_979_497,
    });
  });

  it('takes a missing list as an empty one', () => {
    expect(decodeSearch({})).toEqual([]);
    expect(decodeSearch({ traces: [], metrics: {} })).toEqual([]);
  });

  it('turns the words for a missing root into no service', () => {
    const [trace] = decodeSearch({
      traces: [{ traceID: '1', rootServiceName: '<root span not yet received>' }],
    });
    expect(trace.rootService).toBe('');
  });

  it.each([
    [[], 'search answer: expected object, found array'],
    [{ traces: 5 }, 'traces: expected array, found number 5'],
    [{ traces: [{ traceID: 'xyz' }] }, 'traces[0].traceID: expected 1 to 32 hex digits'],
    [
      { traces: [{ traceID: '1', startTimeUnixNano: true }] },
      'traces[0].startTimeUnixNano: expected 64-bit integer, found boolean true',
    ],
  ])('says what is wrong with %j', (answer, message) => {
    expect(() => decodeSearch(answer)).toThrow(message);
  });
});

describe('other answers', () => {
  it('give no spans for an unknown trace', () => {
    const nothing = { spans: [], partialReason: null };
    expect(decodeTraceById({ trace: {}, metrics: {} })).toEqual(nothing);
    expect(decodeTraceById({})).toEqual(nothing);
  });

  it('say when a trace is not whole', () => {
    const answer = decodeTraceById({ trace: {}, status: 'PARTIAL', message: 'too large' });
    expect(answer.partialReason).toBe('too large');
  });

  it('give the values of a tag', () => {
    expect(decodeTagValues({ tagValues: [{ type: 'string', value: 'a' }] })).toEqual(['a']);
  });

  it('give the counters, with and without a refusal', () => {
    const plain = decodeFirstData({ connections: 1, lastRefusal: null, lastTraceId: null });
    expect(plain).toMatchObject({ connections: 1, bytes: 0, lastRefusal: null, lastTraceId: null });
    const refused = decodeFirstData({
      lastRefusal: { reason: 'no', transport: 'grpc', atUnixMs: 7 },
      lastTraceId: 'ab',
    });
    expect(refused.lastRefusal).toEqual({ reason: 'no', transport: 'grpc', atUnixMs: 7 });
    expect(refused.lastTraceId).toHaveLength(32);
  });

  it('give our own version', () => {
    expect(decodeBuildInfo({ version: '3.0.3+vivace.0.1.0' }).version).toBe('0.1.0');
    expect(decodeBuildInfo({ version: '9' }).version).toBe('9');
  });

  it('give the outcome of an import', () => {
    expect(decodeImport({ acceptedSpans: 2, traceIds: ['1'] })).toEqual({
      acceptedSpans: 2,
      rejectedSpans: 0,
      errorMessage: '',
      traceIds: ['1'.padStart(32, '0')],
    });
  });
});
