// Spans to OTLP JSON, as the OTLP specification writes it: hex ids, enums as numbers, 64-bit
// integers as text, bytes as base64, default values left out.

import { toBase64 } from '../base/bytes';
import {
  type Attribute,
  type AttributeValue,
  kSpanKinds,
  kStatusCodes,
  type Resource,
  type Scope,
  type Span,
} from './otlp';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
type Fields = { [key: string]: Json };

function put(fields: Fields, key: string, value: Json): void {
  const isDefault =
    value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
  if (!isDefault) {
    fields[key] = value;
  }
}

function encodeDouble(value: number): Json {
  return Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : Object.is(value, -0)
      ? '-0'
      : String(value);
}

export function encodeValue(value: AttributeValue): Json {
  switch (value.kind) {
    case 'empty':
      return {};
    case 'string':
      return { stringValue: value.text };
    case 'bool':
      return { boolValue: value.flag };
    case 'int':
      return { intValue: value.text };
    case 'double':
      return { doubleValue: encodeDouble(value.number) };
    case 'bytes':
      return { bytesValue: toBase64(value.bytes) };
    case 'array':
      return { arrayValue: { values: value.values.map(encodeValue) } };
    case 'map':
      return { kvlistValue: { values: encodeAttributes(value.entries) } };
  }
}

function encodeAttributes(attributes: readonly Attribute[]): Json[] {
  return attributes.map((attribute) => ({
    key: attribute.key,
    value: encodeValue(attribute.value),
  }));
}

function encodeResource(resource: Resource): Json {
  const fields: Fields = {};
  put(fields, 'attributes', encodeAttributes(resource.attributes));
  put(fields, 'droppedAttributesCount', resource.droppedAttributesCount);
  return fields;
}

function encodeScope(scope: Scope): Json {
  const fields: Fields = {};
  put(fields, 'name', scope.name);
  put(fields, 'version', scope.version);
  put(fields, 'attributes', encodeAttributes(scope.attributes));
  put(fields, 'droppedAttributesCount', scope.droppedAttributesCount);
  return fields;
}

function encodeSpan(span: Span): Json {
  const fields: Fields = {};
  put(fields, 'traceId', span.traceId);
  put(fields, 'spanId', span.spanId);
  put(fields, 'parentSpanId', span.parentSpanId);
  put(fields, 'traceState', span.traceState);
  put(fields, 'flags', span.flags);
  put(fields, 'name', span.name);
  put(fields, 'kind', kSpanKinds.indexOf(span.kind));
  fields.startTimeUnixNano = span.start.toString();
  fields.endTimeUnixNano = span.end.toString();
  put(fields, 'attributes', encodeAttributes(span.attributes));
  put(fields, 'droppedAttributesCount', span.droppedAttributesCount);
  put(
    fields,
    'events',
    span.events.map((event) => {
      const eventFields: Fields = { timeUnixNano: event.time.toString() };
      put(eventFields, 'name', event.name);
      put(eventFields, 'attributes', encodeAttributes(event.attributes));
      put(eventFields, 'droppedAttributesCount', event.droppedAttributesCount);
      return eventFields;
    }),
  );
  put(fields, 'droppedEventsCount', span.droppedEventsCount);
  put(
    fields,
    'links',
    span.links.map((link) => {
      const linkFields: Fields = {};
      put(linkFields, 'traceId', link.traceId);
      put(linkFields, 'spanId', link.spanId);
      put(linkFields, 'traceState', link.traceState);
      put(linkFields, 'attributes', encodeAttributes(link.attributes));
      put(linkFields, 'droppedAttributesCount', link.droppedAttributesCount);
      put(linkFields, 'flags', link.flags);
      return linkFields;
    }),
  );
  put(fields, 'droppedLinksCount', span.droppedLinksCount);
  const status: Fields = {};
  put(status, 'message', span.statusMessage);
  put(status, 'code', kStatusCodes.indexOf(span.statusCode));
  fields.status = status;
  return fields;
}

/** Returns the document `{resourceSpans: [...]}`; spans are grouped by resource and scope. */
export function encodeDocument(spans: readonly Span[]): Json {
  const groups = new Map<Resource, Map<Scope, Json[]>>();
  for (const span of spans) {
    let scopes = groups.get(span.resource);
    if (scopes === undefined) {
      scopes = new Map();
      groups.set(span.resource, scopes);
    }
    const list = scopes.get(span.scope);
    if (list === undefined) {
      scopes.set(span.scope, [encodeSpan(span)]);
    } else {
      list.push(encodeSpan(span));
    }
  }
  return {
    resourceSpans: [...groups].map(([resource, scopes]) => {
      const fields: Fields = { resource: encodeResource(resource) };
      fields.scopeSpans = [...scopes].map(([scope, list]) => {
        const scopeFields: Fields = { scope: encodeScope(scope), spans: list };
        put(scopeFields, 'schemaUrl', scope.schemaUrl);
        return scopeFields;
      });
      put(fields, 'schemaUrl', resource.schemaUrl);
      return fields;
    }),
  };
}
