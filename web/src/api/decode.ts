// Checks of every answer at the edge. A wrong answer throws DecodeError, which names the place.

import { padTraceId } from '../base/bytes';
import {
  DecodeError,
  readArray,
  readInt64Text,
  readNumber,
  readObject,
  readString,
} from '../base/json';
import { decodeAttributes, decodeDocument } from '../model/decode_otlp';
import type { FirstData } from '../model/first_data';
import { nanoseconds, type UnixNanoseconds, unixNanoseconds } from '../model/time';
import type {
  BuildInfo,
  DemoTrace,
  ImportAnswer,
  MatchedSpan,
  ServiceCount,
  TraceAnswer,
  TraceSummary,
} from './types';

/** What Tempo writes as the service of a trace without a root. */
const kRootNotReceived = '<root span not yet received>';

function readTime(value: unknown, path: string): UnixNanoseconds {
  return unixNanoseconds(BigInt(readInt64Text(value, path)));
}

function readTraceId(value: unknown, path: string): string {
  const text = readString(value, path);
  if (!/^[0-9a-fA-F]{1,32}$/.test(text)) {
    throw new DecodeError(`${path}: expected 1 to 32 hex digits, found "${text.slice(0, 40)}"`);
  }
  return padTraceId(text);
}

function decodeMatchedSpan(value: unknown, path: string): MatchedSpan {
  const span = readObject(value, path);
  return {
    spanId: readString(span.spanID, `${path}.spanID`).padStart(16, '0'),
    name: readString(span.name, `${path}.name`),
    start: readTime(span.startTimeUnixNano, `${path}.startTimeUnixNano`),
    duration: nanoseconds(Number(readInt64Text(span.durationNanos, `${path}.durationNanos`))),
    attributes: decodeAttributes(span.attributes),
  };
}

function decodeServiceStats(value: unknown, path: string): ServiceCount[] {
  if (value === undefined || value === null) {
    return [];
  }
  return Object.entries(readObject(value, path)).map(([service, counts]) => {
    const object = readObject(counts, `${path}.${service}`);
    return {
      service,
      spans: readNumber(object.spanCount, `${path}.${service}.spanCount`),
      errors: readNumber(object.errorCount, `${path}.${service}.errorCount`),
    };
  });
}

function decodeSummary(value: unknown, path: string): TraceSummary {
  const trace = readObject(value, path);
  const rootService = readString(trace.rootServiceName, `${path}.rootServiceName`);
  const spanSets = readArray(trace.spanSets, `${path}.spanSets`).map((item, index) =>
    readObject(item, `${path}.spanSets[${index}]`),
  );
  return {
    traceId: readTraceId(trace.traceID, `${path}.traceID`),
    rootService: rootService === kRootNotReceived ? '' : rootService,
    rootName: readString(trace.rootTraceName, `${path}.rootTraceName`),
    start: readTime(trace.startTimeUnixNano, `${path}.startTimeUnixNano`),
    durationMs: readNumber(trace.durationMs, `${path}.durationMs`),
    matchedSpans: spanSets.flatMap((set, setIndex) =>
      readArray(set.spans, `${path}.spanSets[${setIndex}].spans`).map((span, index) =>
        decodeMatchedSpan(span, `${path}.spanSets[${setIndex}].spans[${index}]`),
      ),
    ),
    matchedCount: spanSets.reduce(
      (sum, set, index) => sum + readNumber(set.matched, `${path}.spanSets[${index}].matched`),
      0,
    ),
    services: decodeServiceStats(trace.serviceStats, `${path}.serviceStats`),
  };
}

export function decodeSearch(value: unknown): TraceSummary[] {
  const answer = readObject(value, 'search answer');
  return readArray(answer.traces, 'traces').map((item, index) =>
    decodeSummary(item, `traces[${index}]`),
  );
}

export function decodeTraceById(value: unknown): TraceAnswer {
  const answer = readObject(value, 'trace answer');
  return {
    spans: decodeDocument(answer, 'trace answer'),
    partialReason:
      readString(answer.status, 'status') === 'PARTIAL'
        ? readString(answer.message, 'message')
        : null,
  };
}

export function decodeTagValues(value: unknown): string[] {
  const answer = readObject(value, 'tag values answer');
  return readArray(answer.tagValues, 'tagValues').map((item, index) =>
    readString(readObject(item, `tagValues[${index}]`).value, `tagValues[${index}].value`),
  );
}

export interface TagScope {
  readonly scope: string;
  readonly tags: readonly string[];
}

export function decodeTagNames(value: unknown): TagScope[] {
  const answer = readObject(value, 'tags answer');
  return readArray(answer.scopes, 'scopes').map((item, index) => {
    const scope = readObject(item, `scopes[${index}]`);
    return {
      scope: readString(scope.name, `scopes[${index}].name`),
      tags: readArray(scope.tags, `scopes[${index}].tags`).map((tag, tagIndex) =>
        readString(tag, `scopes[${index}].tags[${tagIndex}]`),
      ),
    };
  });
}

/** The server reports the version of Tempo it stands in for, and its own behind it. */
const kOwnVersion = /\+vivace\.(.+)$/;

export function decodeBuildInfo(value: unknown): BuildInfo {
  const info = readObject(value, 'build info');
  const version = readString(info.version, 'version');
  return {
    version: kOwnVersion.exec(version)?.[1] ?? version,
    revision: readString(info.revision, 'revision'),
  };
}

export function decodeDemoTrace(value: unknown): DemoTrace {
  const demo = readObject(value, 'demo trace answer');
  return {
    traceId: readTraceId(demo.traceId, 'traceId'),
    spans: readNumber(demo.spans, 'spans'),
  };
}

export function decodeFirstData(value: unknown): FirstData {
  const data = readObject(value, 'first data answer');
  const refusal =
    data.lastRefusal === null || data.lastRefusal === undefined
      ? null
      : readObject(data.lastRefusal, 'lastRefusal');
  return {
    connections: readNumber(data.connections, 'connections'),
    requests: readNumber(data.requests, 'requests'),
    bytes: readNumber(data.bytes, 'bytes'),
    acceptedSpans: readNumber(data.acceptedSpans, 'acceptedSpans'),
    refusedSpans: readNumber(data.refusedSpans, 'refusedSpans'),
    lastRefusal:
      refusal === null
        ? null
        : {
            reason: readString(refusal.reason, 'lastRefusal.reason'),
            transport: readString(refusal.transport, 'lastRefusal.transport'),
            atUnixMs: readNumber(refusal.atUnixMs, 'lastRefusal.atUnixMs'),
          },
    lastTraceId:
      data.lastTraceId === null || data.lastTraceId === undefined
        ? null
        : readTraceId(data.lastTraceId, 'lastTraceId'),
    otlpHttp: readString(data.otlpHttp, 'otlpHttp'),
    otlpGrpc: readString(data.otlpGrpc, 'otlpGrpc'),
  };
}

export function decodeImport(value: unknown): ImportAnswer {
  const answer = readObject(value, 'import answer');
  return {
    acceptedSpans: readNumber(answer.acceptedSpans, 'acceptedSpans'),
    rejectedSpans: readNumber(answer.rejectedSpans, 'rejectedSpans'),
    errorMessage: readString(answer.errorMessage, 'errorMessage'),
    traceIds: readArray(answer.traceIds, 'traceIds').map((id, index) =>
      readTraceId(id, `traceIds[${index}]`),
    ),
  };
}
