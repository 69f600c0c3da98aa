// OTLP JSON and Tempo's JSON to spans. They differ in the form of ids (hex, base64) and enums
// (number, name); both forms are read everywhere, so that a file saved from either is taken.

import { fromBase64, idToHex } from '../base/bytes';
import {
  DecodeError,
  describe,
  type JsonObject,
  readBoolean,
  readInt64Text,
  readList,
  readNumber,
  readObject,
  readString,
  readUint32,
} from '../base/json';
import {
  type Attribute,
  type AttributeValue,
  kSpanKinds,
  kStatusCodes,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  type SpanKind,
  type SpanLink,
  type StatusCode,
} from './otlp';
import { type UnixNanoseconds, unixNanoseconds } from './time';

// Nesting of arrays and maps in one attribute value. The OTLP protobuf parsers stop at 100 levels.
const kValueDepthMax = 100;

function readId(value: unknown, byteCount: 8 | 16, path: string): string {
  const text = readString(value, path);
  const hex = idToHex(text, byteCount);
  if (hex === null) {
    throw new DecodeError(
      `${path}: expected an id of ${byteCount} bytes in hex or base64, found ${describe(text)}`,
    );
  }
  return hex;
}

const kUint64Max = 18_446_744_073_709_551_615n;

function readTime(value: unknown, path: string): UnixNanoseconds {
  const time = BigInt(readInt64Text(value, path));
  if (time < 0n || time > kUint64Max) {
    throw new DecodeError(`${path}: expected an unsigned 64-bit time, found ${time}`);
  }
  return unixNanoseconds(time);
}

function readEnum<Name extends string>(
  value: unknown,
  names: readonly Name[],
  prefix: string,
  fallback: Name,
  path: string,
): Name {
  if (value === undefined || value === null) {
    return fallback;
  }
  if (typeof value === 'number') {
    return names[value] ?? fallback;
  }
  const text = readString(value, path);
  if (/^\d+$/.test(text)) {
    return names[Number(text)] ?? fallback;
  }
  const name = text.startsWith(prefix) ? text.slice(prefix.length).toLowerCase() : text;
  const found = names.find((candidate) => candidate === name);
  if (found === undefined) {
    throw new DecodeError(`${path}: expected ${prefix}..., found ${describe(text)}`);
  }
  return found;
}

export function decodeValue(value: unknown, name: string, depth = 0): AttributeValue {
  if (value === undefined || value === null) {
    return { kind: 'empty' };
  }
  if (depth > kValueDepthMax) {
    throw new DecodeError(`${name}: value is nested deeper than ${kValueDepthMax} levels`);
  }
  const object = readObject(value, name);
  if (object.stringValue !== undefined) {
    return { kind: 'string', text: readString(object.stringValue, 'stringValue') };
  }
  if (object.intValue !== undefined) {
    return { kind: 'int', text: readInt64Text(object.intValue, 'intValue') };
  }
  if (object.boolValue !== undefined) {
    return { kind: 'bool', flag: readBoolean(object.boolValue, 'boolValue') };
  }
  if (object.doubleValue !== undefined) {
    return { kind: 'double', number: readNumber(object.doubleValue, 'doubleValue') };
  }
  if (object.arrayValue !== undefined) {
    const list = readObject(object.arrayValue, 'arrayValue');
    const values = readList(list.values, 'values', (item) => decodeValue(item, 'value', depth + 1));
    return { kind: 'array', values };
  }
  if (object.kvlistValue !== undefined) {
    const list = readObject(object.kvlistValue, 'kvlistValue');
    return { kind: 'map', entries: decodeAttributes(list.values, 'values', depth + 1) };
  }
  if (object.bytesValue !== undefined) {
    const text = readString(object.bytesValue, 'bytesValue');
    const bytes = fromBase64(text);
    if (bytes === null) {
      throw new DecodeError(`bytesValue: expected base64, found ${describe(text)}`);
    }
    return { kind: 'bytes', bytes };
  }
  return { kind: 'empty' };
}

export function decodeAttributes(value: unknown, name = 'attributes', depth = 0): Attribute[] {
  return readList(value, name, (item) => ({
    key: readString(item.key, 'key'),
    value: decodeValue(item.value, 'value', depth),
  }));
}

function readDropped(value: unknown, name = 'droppedAttributesCount'): number {
  return readUint32(value, name);
}

function decodeEvent(event: JsonObject): SpanEvent {
  return {
    time: readTime(event.timeUnixNano, 'timeUnixNano'),
    name: readString(event.name, 'name'),
    attributes: decodeAttributes(event.attributes),
    droppedAttributesCount: readDropped(event.droppedAttributesCount),
  };
}

function decodeLink(link: JsonObject): SpanLink {
  return {
    traceId: readId(link.traceId, 16, 'traceId'),
    spanId: readId(link.spanId, 8, 'spanId'),
    traceState: readString(link.traceState, 'traceState'),
    attributes: decodeAttributes(link.attributes),
    droppedAttributesCount: readDropped(link.droppedAttributesCount),
    flags: readUint32(link.flags, 'flags'),
  };
}

/** An object that may be left out. */
function readOptional(value: unknown, name: string): JsonObject {
  return value === undefined || value === null ? {} : readObject(value, name);
}

function decodeSpan(span: JsonObject, resource: Resource, scope: Scope): Span {
  const status = readOptional(span.status, 'status');
  return {
    traceId: readId(span.traceId, 16, 'traceId'),
    spanId: readId(span.spanId, 8, 'spanId'),
    parentSpanId: readId(span.parentSpanId, 8, 'parentSpanId'),
    traceState: readString(span.traceState, 'traceState'),
    flags: readUint32(span.flags, 'flags'),
    name: readString(span.name, 'name'),
    kind: readEnum<SpanKind>(span.kind, kSpanKinds, 'SPAN_KIND_', 'unspecified', 'kind'),
    start: readTime(span.startTimeUnixNano, 'startTimeUnixNano'),
    end: readTime(span.endTimeUnixNano, 'endTimeUnixNano'),
    attributes: decodeAttributes(span.attributes),
    droppedAttributesCount: readDropped(span.droppedAttributesCount),
    events: readList(span.events, 'events', decodeEvent),
    droppedEventsCount: readDropped(span.droppedEventsCount, 'droppedEventsCount'),
    links: readList(span.links, 'links', decodeLink),
    droppedLinksCount: readDropped(span.droppedLinksCount, 'droppedLinksCount'),
    statusCode: readEnum<StatusCode>(
      status.code,
      kStatusCodes,
      'STATUS_CODE_',
      'unset',
      'status.code',
    ),
    statusMessage: readString(status.message, 'status.message'),
    resource,
    scope,
  };
}

function decodeResource(value: unknown, schemaUrl: string): Resource {
  const resource = readOptional(value, 'resource');
  return {
    attributes: decodeAttributes(resource.attributes, 'resource.attributes'),
    droppedAttributesCount: readDropped(resource.droppedAttributesCount),
    schemaUrl,
  };
}

function decodeScope(value: unknown, schemaUrl: string): Scope {
  const scope = readOptional(value, 'scope');
  return {
    name: readString(scope.name, 'scope.name'),
    version: readString(scope.version, 'scope.version'),
    attributes: decodeAttributes(scope.attributes, 'scope.attributes'),
    droppedAttributesCount: readDropped(scope.droppedAttributesCount),
    schemaUrl,
  };
}

/** Decodes a list of ResourceSpans. Throws DecodeError, naming the first value that is wrong. */
function decodeResourceSpans(value: unknown, name: string): Span[] {
  const spans: Span[] = [];
  readList(value, name, (resourceSpans) => {
    const resource = decodeResource(
      resourceSpans.resource,
      readString(resourceSpans.schemaUrl, 'schemaUrl'),
    );
    readList(resourceSpans.scopeSpans, 'scopeSpans', (scopeSpans) => {
      const scope = decodeScope(scopeSpans.scope, readString(scopeSpans.schemaUrl, 'schemaUrl'));
      readList(scopeSpans.spans, 'spans', (span) => {
        spans.push(decodeSpan(span, resource, scope));
      });
    });
  });
  return spans;
}

/** Decodes one document: `{resourceSpans}`, `{batches}`, or either below `trace`. */
export function decodeDocument(value: unknown, path: string): Span[] {
  const document = readObject(value, path);
  if (document.trace !== undefined && document.trace !== null) {
    return decodeDocument(document.trace, `${path}.trace`);
  }
  if (document.resourceSpans !== undefined) {
    return decodeResourceSpans(document.resourceSpans, 'resourceSpans');
  }
  return decodeResourceSpans(document.batches, 'batches');
}

/** Decodes a file: one JSON document, or JSON lines with one document each. */
export function decodeFile(text: string): Span[] {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new DecodeError('The file is empty. Expected OTLP JSON with "resourceSpans".');
  }
  const whole = parseJson(trimmed);
  if (whole.ok) {
    return decodeChecked(whole.value, 'document');
  }
  const lines = trimmed.split('\n');
  if (lines.length === 1) {
    throw new DecodeError(`The file is not JSON: ${whole.message}`);
  }
  const spans: Span[] = [];
  lines.forEach((line, index) => {
    if (line.trim() === '') {
      return;
    }
    const parsed = parseJson(line);
    if (!parsed.ok) {
      throw new DecodeError(
        index === 0
          ? `The file is neither one JSON document (${whole.message}) nor JSON lines.`
          : `Line ${index + 1} is not JSON: ${parsed.message}`,
      );
    }
    for (const span of decodeChecked(parsed.value, `line ${index + 1}`)) {
      spans.push(span);
    }
  });
  return spans;
}

function decodeChecked(value: unknown, path: string): Span[] {
  const object = readObject(value, path);
  const known = ['resourceSpans', 'batches', 'trace'];
  if (!known.some((key) => object[key] !== undefined)) {
    throw new DecodeError(
      `${path}: expected "resourceSpans", found ${
        Object.keys(object)
          .slice(0, 5)
          .map((key) => `"${key}"`)
          .join(', ') || 'an empty object'
      }. Only OTLP JSON traces can be opened.`,
    );
  }
  return decodeDocument(object, path);
}

type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

function parseJson(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
