// OTLP JSON and Tempo's JSON to spans. They differ in the form of ids (hex, base64) and enums
// (number, name); both forms are read everywhere, so that a file saved from either is taken.

import { fromBase64, idToHex } from '../base/bytes';
import {
  DecodeError,
  describe,
  readArray,
  readBoolean,
  readInt64Text,
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

export function decodeValue(value: unknown, path: string, depth = 0): AttributeValue {
  if (value === undefined || value === null) {
    return { kind: 'empty' };
  }
  if (depth > kValueDepthMax) {
    throw new DecodeError(`${path}: value is nested deeper than ${kValueDepthMax} levels`);
  }
  const object = readObject(value, path);
  if (object.stringValue !== undefined) {
    return { kind: 'string', text: readString(object.stringValue, `${path}.stringValue`) };
  }
  if (object.intValue !== undefined) {
    return { kind: 'int', text: readInt64Text(object.intValue, `${path}.intValue`) };
  }
  if (object.boolValue !== undefined) {
    return { kind: 'bool', flag: readBoolean(object.boolValue, `${path}.boolValue`) };
  }
  if (object.doubleValue !== undefined) {
    return { kind: 'double', number: readNumber(object.doubleValue, `${path}.doubleValue`) };
  }
  if (object.arrayValue !== undefined) {
    const list = readObject(object.arrayValue, `${path}.arrayValue`);
    const values = readArray(list.values, `${path}.arrayValue.values`).map((item, index) =>
      decodeValue(item, `${path}[${index}]`, depth + 1),
    );
    return { kind: 'array', values };
  }
  if (object.kvlistValue !== undefined) {
    const list = readObject(object.kvlistValue, `${path}.kvlistValue`);
    return { kind: 'map', entries: decodeAttributes(list.values, path, depth + 1) };
  }
  if (object.bytesValue !== undefined) {
    const text = readString(object.bytesValue, `${path}.bytesValue`);
    const bytes = fromBase64(text);
    if (bytes === null) {
      throw new DecodeError(`${path}.bytesValue: expected base64, found ${describe(text)}`);
    }
    return { kind: 'bytes', bytes };
  }
  return { kind: 'empty' };
}

export function decodeAttributes(value: unknown, path: string, depth = 0): Attribute[] {
  return readArray(value, path).map((item, index) => {
    const object = readObject(item, `${path}[${index}]`);
    const key = readString(object.key, `${path}[${index}].key`);
    return { key, value: decodeValue(object.value, `${path}[${key}]`, depth) };
  });
}

function decodeEvent(value: unknown, path: string): SpanEvent {
  const object = readObject(value, path);
  return {
    time: readTime(object.timeUnixNano, `${path}.timeUnixNano`),
    name: readString(object.name, `${path}.name`),
    attributes: decodeAttributes(object.attributes, `${path}.attributes`),
    droppedAttributesCount: readUint32(object.droppedAttributesCount, `${path}.dropped`),
  };
}

function decodeLink(value: unknown, path: string): SpanLink {
  const object = readObject(value, path);
  return {
    traceId: readId(object.traceId, 16, `${path}.traceId`),
    spanId: readId(object.spanId, 8, `${path}.spanId`),
    traceState: readString(object.traceState, `${path}.traceState`),
    attributes: decodeAttributes(object.attributes, `${path}.attributes`),
    droppedAttributesCount: readUint32(object.droppedAttributesCount, `${path}.dropped`),
    flags: readUint32(object.flags, `${path}.flags`),
  };
}

function decodeSpan(value: unknown, resource: Resource, scope: Scope, path: string): Span {
  const object = readObject(value, path);
  const status =
    object.status === undefined || object.status === null
      ? {}
      : readObject(object.status, `${path}.status`);
  return {
    traceId: readId(object.traceId, 16, `${path}.traceId`),
    spanId: readId(object.spanId, 8, `${path}.spanId`),
    parentSpanId: readId(object.parentSpanId, 8, `${path}.parentSpanId`),
    traceState: readString(object.traceState, `${path}.traceState`),
    flags: readUint32(object.flags, `${path}.flags`),
    name: readString(object.name, `${path}.name`),
    kind: readEnum<SpanKind>(object.kind, kSpanKinds, 'SPAN_KIND_', 'unspecified', `${path}.kind`),
    start: readTime(object.startTimeUnixNano, `${path}.startTimeUnixNano`),
    end: readTime(object.endTimeUnixNano, `${path}.endTimeUnixNano`),
    attributes: decodeAttributes(object.attributes, `${path}.attributes`),
    droppedAttributesCount: readUint32(object.droppedAttributesCount, `${path}.dropped`),
    events: readArray(object.events, `${path}.events`).map((item, index) =>
      decodeEvent(item, `${path}.events[${index}]`),
    ),
    droppedEventsCount: readUint32(object.droppedEventsCount, `${path}.droppedEventsCount`),
    links: readArray(object.links, `${path}.links`).map((item, index) =>
      decodeLink(item, `${path}.links[${index}]`),
    ),
    droppedLinksCount: readUint32(object.droppedLinksCount, `${path}.droppedLinksCount`),
    statusCode: readEnum<StatusCode>(
      status.code,
      kStatusCodes,
      'STATUS_CODE_',
      'unset',
      `${path}.status.code`,
    ),
    statusMessage: readString(status.message, `${path}.status.message`),
    resource,
    scope,
  };
}

function decodeResource(value: unknown, schemaUrl: string, path: string): Resource {
  const object = value === undefined || value === null ? {} : readObject(value, path);
  return {
    attributes: decodeAttributes(object.attributes, `${path}.attributes`),
    droppedAttributesCount: readUint32(object.droppedAttributesCount, `${path}.dropped`),
    schemaUrl,
  };
}

function decodeScope(value: unknown, schemaUrl: string, path: string): Scope {
  const object = value === undefined || value === null ? {} : readObject(value, path);
  return {
    name: readString(object.name, `${path}.name`),
    version: readString(object.version, `${path}.version`),
    attributes: decodeAttributes(object.attributes, `${path}.attributes`),
    droppedAttributesCount: readUint32(object.droppedAttributesCount, `${path}.dropped`),
    schemaUrl,
  };
}

/** Decodes a list of ResourceSpans. Throws DecodeError, naming the first value that is wrong. */
export function decodeResourceSpans(value: unknown, path: string): Span[] {
  const spans: Span[] = [];
  readArray(value, path).forEach((item, resourceIndex) => {
    const resourcePath = `${path}[${resourceIndex}]`;
    const resourceSpans = readObject(item, resourcePath);
    const resource = decodeResource(
      resourceSpans.resource,
      readString(resourceSpans.schemaUrl, `${resourcePath}.schemaUrl`),
      `${resourcePath}.resource`,
    );
    readArray(resourceSpans.scopeSpans, `${resourcePath}.scopeSpans`).forEach(
      (scopeItem, scopeIndex) => {
        const scopePath = `${resourcePath}.scopeSpans[${scopeIndex}]`;
        const scopeSpans = readObject(scopeItem, scopePath);
        const scope = decodeScope(
          scopeSpans.scope,
          readString(scopeSpans.schemaUrl, `${scopePath}.schemaUrl`),
          `${scopePath}.scope`,
        );
        readArray(scopeSpans.spans, `${scopePath}.spans`).forEach((span, index) => {
          spans.push(decodeSpan(span, resource, scope, `${scopePath}.spans[${index}]`));
        });
      },
    );
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
