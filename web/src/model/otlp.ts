// Spans as OTLP defines them, decoded: ids in hex, times typed, every field kept.

import type { UnixNanoseconds } from './time';

export type AttributeValue =
  | { readonly kind: 'empty' }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'bool'; readonly flag: boolean }
  /** Decimal text: a 64-bit integer does not fit a double. */
  | { readonly kind: 'int'; readonly text: string }
  | { readonly kind: 'double'; readonly number: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'array'; readonly values: readonly AttributeValue[] }
  | { readonly kind: 'map'; readonly entries: readonly Attribute[] };

export interface Attribute {
  readonly key: string;
  readonly value: AttributeValue;
}

export interface Resource {
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly schemaUrl: string;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly schemaUrl: string;
}

export const kSpanKinds = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const;
export type SpanKind = (typeof kSpanKinds)[number];

export const kStatusCodes = ['unset', 'ok', 'error'] as const;
export type StatusCode = (typeof kStatusCodes)[number];

export interface SpanEvent {
  readonly time: UnixNanoseconds;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root span. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly start: UnixNanoseconds;
  readonly end: UnixNanoseconds;
  readonly attributes: readonly Attribute[];
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
  readonly statusCode: StatusCode;
  readonly statusMessage: string;
  /** Shared by all spans of one resource; compare by identity. */
  readonly resource: Resource;
  /** Shared by all spans of one scope. */
  readonly scope: Scope;
}

/** Returns the text of a string attribute, or null when the key is absent or has another type. */
export function stringAttribute(attributes: readonly Attribute[], key: string): string | null {
  for (const attribute of attributes) {
    if (attribute.key === key && attribute.value.kind === 'string') {
      return attribute.value.text;
    }
  }
  return null;
}
