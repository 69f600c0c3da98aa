// Random spans and forms for the property tests.

import fc from 'fast-check';
import type { Attribute, AttributeValue, Resource, Scope, Span } from '../model/otlp';
import { kSpanKinds, kStatusCodes } from '../model/otlp';
import { unixNanoseconds } from '../model/time';
import { kKinds, kOperators, kScopes, kStatuses, type SearchForm } from '../query/form';

export const uint32 = fc.integer({ min: 0, max: 4_294_967_295 });

export function hex(digits: number): fc.Arbitrary<string> {
  return fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((values) => values.map((value) => value.toString(16)).join(''));
}

export const unixTime = fc
  .bigInt({ min: 0n, max: 18_446_744_073_709_551_615n })
  .map((value) => unixNanoseconds(value));

export const attributeValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant<AttributeValue>({ kind: 'empty' }),
      fc.string().map((text): AttributeValue => ({ kind: 'string', text })),
      fc.boolean().map((flag): AttributeValue => ({ kind: 'bool', flag })),
      fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value): AttributeValue => ({ kind: 'int', text: value.toString() })),
      fc.double().map((number): AttributeValue => ({ kind: 'double', number })),
      fc.uint8Array({ maxLength: 12 }).map((bytes): AttributeValue => ({ kind: 'bytes', bytes })),
      fc
        .array(tie('value'), { maxLength: 3 })
        .map((values): AttributeValue => ({ kind: 'array', values })),
      fc
        .array(fc.record({ key: fc.string(), value: tie('value') }), { maxLength: 3 })
        .map((entries): AttributeValue => ({ kind: 'map', entries })),
    ),
  }),
).value;

export const attributes: fc.Arbitrary<Attribute[]> = fc.array(
  fc.record({ key: fc.string(), value: attributeValue }),
  { maxLength: 4 },
);

export const resource: fc.Arbitrary<Resource> = fc.record({
  attributes,
  droppedAttributesCount: uint32,
  schemaUrl: fc.string(),
});

export const scope: fc.Arbitrary<Scope> = fc.record({
  name: fc.string(),
  version: fc.string(),
  attributes,
  droppedAttributesCount: uint32,
  schemaUrl: fc.string(),
});

export const span: fc.Arbitrary<Span> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: fc.oneof(fc.constant(''), hex(16)),
  traceState: fc.string(),
  flags: uint32,
  name: fc.string(),
  kind: fc.constantFrom(...kSpanKinds),
  start: unixTime,
  end: unixTime,
  attributes,
  droppedAttributesCount: uint32,
  events: fc.array(
    fc.record({ time: unixTime, name: fc.string(), attributes, droppedAttributesCount: uint32 }),
    { maxLength: 2 },
  ),
  droppedEventsCount: uint32,
  links: fc.array(
    fc.record({
      traceId: hex(32),
      spanId: hex(16),
      traceState: fc.string(),
      attributes,
      droppedAttributesCount: uint32,
      flags: uint32,
    }),
    { maxLength: 2 },
  ),
  droppedLinksCount: uint32,
  statusCode: fc.constantFrom(...kStatusCodes),
  statusMessage: fc.string(),
  resource,
  scope,
});

const plainResource: Resource = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' };
const plainScope: Scope = {
  name: '',
  version: '',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
};

/** A resource with a service name and nothing else. */
export function serviceResource(name: string): Resource {
  return {
    ...plainResource,
    attributes: [{ key: 'service.name', value: { kind: 'string', text: name } }],
  };
}

/** A span with only what the test names; times in nanoseconds. */
export function makeSpan(
  fields: Partial<Omit<Span, 'start' | 'end'>> & {
    start?: number;
    end?: number;
  },
): Span {
  const { start = 0, end = start, ...rest } = fields;
  return {
    traceId: `${'0'.repeat(31)}1`,
    spanId: `${'0'.repeat(15)}1`,
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'span',
    kind: 'internal',
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 'unset',
    statusMessage: '',
    resource: plainResource,
    scope: plainScope,
    ...rest,
    start: unixNanoseconds(BigInt(start)),
    end: unixNanoseconds(BigInt(end)),
  };
}

/**
 * Spans of one trace with any parents: forests, orphans, circles, shared and repeated ids. Few ids,
 * so that all of these happen often.
 */
export const tangledSpans: fc.Arbitrary<Span[]> = fc.array(
  fc
    .record({
      spanId: fc.integer({ min: 1, max: 14 }),
      parentSpanId: fc.integer({ min: 0, max: 16 }),
      start: fc.integer({ min: 0, max: 50 }),
      length: fc.integer({ min: -3, max: 50 }),
      kind: fc.constantFrom(...kSpanKinds),
      statusCode: fc.constantFrom(...kStatusCodes),
      service: fc.constantFrom('a', 'b', 'c'),
    })
    .map((fields) =>
      makeSpan({
        spanId: fields.spanId.toString(16).padStart(16, '0'),
        parentSpanId:
          fields.parentSpanId === 0 ? '' : fields.parentSpanId.toString(16).padStart(16, '0'),
        start: fields.start + 10,
        end: fields.start + 10 + fields.length,
        kind: fields.kind,
        statusCode: fields.statusCode,
        resource: serviceResource(fields.service),
      }),
    ),
  { minLength: 1, maxLength: 24 },
);

const duration = fc
  .tuple(fc.integer({ min: 0, max: 9999 }), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h'))
  .map(([value, unit]) => `${value}${unit}`);

/** Values as typed: literals, plain texts, and texts in quotes. */
const typedValue = fc.oneof(
  fc.constantFrom('404', '1.5', 'true', 'nil', '10ms', '"404"', '""', 'GET', '/a b', 'ü"\\'),
  fc.string({ minLength: 1 }),
);

/** Complete forms: what they say can be written down. */
export const searchForm: fc.Arbitrary<SearchForm> = fc.record({
  service: fc.string(),
  name: fc.string(),
  status: fc.constantFrom('' as const, ...kStatuses),
  kind: fc.constantFrom('' as const, ...kKinds),
  minDuration: fc.oneof(fc.constant(''), duration),
  maxDuration: fc.oneof(fc.constant(''), duration),
  attributes: fc.array(
    fc.record({
      scope: fc.constantFrom(...kScopes),
      key: fc.oneof(
        fc.constantFrom('http.route', 'a-b', 'with blank', 'quo"te', 'back\\slash', 'x{y}'),
        fc.string({ minLength: 1 }),
      ),
      operator: fc.constantFrom(...kOperators),
      value: typedValue,
    }),
    { maxLength: 3 },
  ),
});
