import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSpan, span } from '../testing/arbitraries';
import { decodeDocument, decodeFile, decodeValue } from './decode_otlp';
import { encodeDocument, encodeValue } from './encode_otlp';

describe('OTLP JSON', () => {
  it('keeps every field of every span on the way out and back', () => {
    fc.assert(
      fc.property(span, (original) => {
        const text = JSON.stringify(encodeDocument([original]));
        expect(decodeFile(text)).toEqual([original]);
      }),
    );
  });

  it('keeps spans of one resource and scope together', () => {
    const first = makeSpan({ spanId: '000000000000000a' });
    const second = makeSpan({ spanId: '000000000000000b' });
    const back = decodeDocument(encodeDocument([first, second]), 'document');
    expect(back).toEqual([first, second]);
    expect(back[0].resource).toBe(back[1].resource);
    expect(back[0].scope).toBe(back[1].scope);
  });

  it('reads ids in base64 and enums by name, as the query API writes them', () => {
    const spans = decodeDocument(
      {
        trace: {
          resourceSpans: [
            {
              scopeSpans: [
                {
                  spans: [
                    {
                      traceId: 'AAECAwQFBgcICQoLDA0ODw==',
                      spanId: 'AAECAwQFBgc=',
                      kind: 'SPAN_KIND_SERVER',
                      status: { code: 'STATUS_CODE_ERROR', message: 'no' },
                      startTimeUnixNano: '18446744073709551615',
                    },
                  ],
                },
              ],
            },
          ],
        },
      },
      'answer',
    );
    expect(spans[0]).toMatchObject({
      traceId: '000102030405060708090a0b0c0d0e0f',
      spanId: '0001020304050607',
      parentSpanId: '',
      kind: 'server',
      statusCode: 'error',
      statusMessage: 'no',
      start: 18_446_744_073_709_551_615n,
    });
  });

  it('reads integers written as text and as numbers', () => {
    expect(decodeValue({ intValue: '-9223372036854775808' }, 'v')).toEqual({
      kind: 'int',
      text: '-9223372036854775808',
    });
    expect(decodeValue({ intValue: 7 }, 'v')).toEqual({ kind: 'int', text: '7' });
  });

  it('keeps doubles that JSON has no numbers for', () => {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, -0]) {
      const back = decodeValue(
        JSON.parse(JSON.stringify(encodeValue({ kind: 'double', number }))),
        'v',
      );
      expect(back).toEqual({ kind: 'double', number });
    }
  });

  it('ignores fields it does not know', () => {
    const spans = decodeDocument(
      {
        resourceSpans: [
          { later: 1, scopeSpans: [{ spans: [{ spanId: '00000000000000aa', x: {} }] }] },
        ],
      },
      'document',
    );
    expect(spans[0].spanId).toBe('00000000000000aa');
  });

  it.each([
    [{ resourceSpans: {} }, 'resourceSpans: expected array, found object'],
    [
      { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'xyz' }] }] }] },
      'resourceSpans[0].scopeSpans[0].spans[0].traceId: expected an id of 16 bytes',
    ],
    [
      { resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: '-1' }] }] }] },
      'spans[0].startTimeUnixNano: expected an unsigned 64-bit time',
    ],
    [
      { resourceSpans: [{ resource: { attributes: [{ key: 'a', value: { boolValue: 'x' } }] } }] },
      'resourceSpans[0].resource.attributes[0].boolValue: expected true or false',
    ],
  ])('says where a value is wrong: %j', (document, message) => {
    expect(() => decodeDocument(document, 'document')).toThrow(message);
  });

  it('stops at values that are nested too deep', () => {
    let value: unknown = { stringValue: 'end' };
    for (let i = 0; i < 200; i++) {
      value = { arrayValue: { values: [value] } };
    }
    expect(() => decodeValue(value, 'v')).toThrow('nested deeper than 100 levels');
  });
});

describe('decodeFile', () => {
  const line = JSON.stringify(encodeDocument([makeSpan({})]));

  it('reads JSON lines', () => {
    expect(decodeFile(`${line}\n\n${line}\n`)).toHaveLength(2);
  });

  it.each([
    ['', 'The file is empty'],
    ['hello', 'The file is not JSON'],
    ['{}', 'expected "resourceSpans", found an empty object'],
    ['{"data": []}', 'expected "resourceSpans", found "data"'],
    [`${line}\nnonsense`, 'Line 2 is not JSON'],
    ['a\nb', 'neither one JSON document'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => decodeFile(text)).toThrow(message);
  });

  it('takes any text without any other failure than its own', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          decodeFile(text);
        } catch (error) {
          expect((error as Error).name).toBe('DecodeError');
        }
      }),
    );
  });
});
