// The one client of the server. Every call returns checked values or throws ApiError.

import { DecodeError } from '../base/json';
import type { FirstData } from '../model/first_data';
import { withSpanNames } from '../query/form';
import {
  decodeBuildInfo,
  decodeDemoTrace,
  decodeFirstData,
  decodeImport,
  decodeSearch,
  decodeTagNames,
  decodeTagValues,
  decodeTraceById,
  type TagScope,
} from './decode';
import type {
  BuildInfo,
  DemoTrace,
  ImportAnswer,
  SearchRequest,
  TraceAnswer,
  TraceSummary,
} from './types';

/** `unreachable`: no answer came. `refused`: the server said no. `broken`: not what we expect. */
export type ApiErrorKind = 'unreachable' | 'refused' | 'broken';

export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly kind: ApiErrorKind,
    /** HTTP status, 0 when no answer came. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

// Spans per result that a search answer carries; Tempo's limit is 100.
const kSpansPerResult = 10;
// Values offered by a field of the form. More than this is not read, it is typed.
const kSuggestionsMax = 500;

export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError('broken', 0, message);
}

async function call<T>(
  path: string,
  options: RequestInit,
  decode: (value: unknown) => T,
): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError('unreachable', 0, error instanceof Error ? error.message : String(error));
  }
  if (!response.ok) {
    const message = text.trim() === '' ? `HTTP ${response.status} without a message` : text.trim();
    throw new ApiError('refused', response.status, message);
  }
  try {
    return decode(JSON.parse(text));
  } catch (error) {
    const reason =
      error instanceof DecodeError || error instanceof SyntaxError ? error.message : String(error);
    throw new ApiError('broken', response.status, `${path.split('?')[0]}: ${reason}`);
  }
}

function get<T>(
  path: string,
  signal: AbortSignal | undefined,
  decode: (value: unknown) => T,
): Promise<T> {
  return call(
    path,
    { headers: { Accept: 'application/json' }, ...(signal ? { signal } : {}) },
    decode,
  );
}

export function search(request: SearchRequest, signal?: AbortSignal): Promise<TraceSummary[]> {
  const params = new URLSearchParams({
    q: request.query.trim() === '' ? '{}' : withSpanNames(request.query),
    limit: String(request.limit),
    spss: String(kSpansPerResult),
  });
  if (request.range !== null) {
    params.set('start', String(request.range.start));
    params.set('end', String(request.range.end));
  }
  return get(`/api/search?${params}`, signal, decodeSearch);
}

export function traceById(traceId: string, signal?: AbortSignal): Promise<TraceAnswer> {
  return get(`/api/v2/traces/${traceId}`, signal, decodeTraceById);
}

/** Returns the values of a TraceQL identifier such as `resource.service.name`, sorted. */
export async function tagValues(identifier: string, signal?: AbortSignal): Promise<string[]> {
  const path = `/api/v2/search/tag/${encodeURIComponent(identifier)}/values?limit=${kSuggestionsMax}`;
  const values = await get(path, signal, decodeTagValues);
  return values.sort((a, b) => a.localeCompare(b));
}

export function tagNames(signal?: AbortSignal): Promise<TagScope[]> {
  return get(`/api/v2/search/tags?limit=${kSuggestionsMax}`, signal, decodeTagNames);
}

export function buildInfo(signal?: AbortSignal): Promise<BuildInfo> {
  return get('/api/status/buildinfo', signal, decodeBuildInfo);
}

export function firstData(signal?: AbortSignal): Promise<FirstData> {
  return get('/vivace/v1/first-data', signal, decodeFirstData);
}

export function sendDemoTrace(): Promise<DemoTrace> {
  return call('/vivace/v1/demo-trace', { method: 'POST' }, decodeDemoTrace);
}

export function importFile(file: Blob): Promise<ImportAnswer> {
  return call(
    '/vivace/v1/import',
    { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: file },
    decodeImport,
  );
}
