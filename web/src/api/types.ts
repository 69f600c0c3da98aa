// Answers of the server, checked and with the wire's oddities removed.

import type { Attribute, Span } from '../model/otlp';
import type { Nanoseconds, UnixNanoseconds } from '../model/time';

export interface MatchedSpan {
  readonly spanId: string;
  readonly name: string;
  readonly start: UnixNanoseconds;
  readonly duration: Nanoseconds;
  readonly attributes: readonly Attribute[];
}

export interface TraceSummary {
  /** 32 hex digits. */
  readonly traceId: string;
  /** '' while the root span has not been received. */
  readonly rootService: string;
  readonly rootName: string;
  readonly start: UnixNanoseconds;
  readonly durationMs: number;
  readonly matchedSpans: readonly MatchedSpan[];
  readonly matchedCount: number;
  readonly services: readonly ServiceCount[];
}

export interface ServiceCount {
  readonly service: string;
  readonly spans: number;
  readonly errors: number;
}

export interface SearchRequest {
  readonly query: string;
  /** Unix seconds; null for any time. */
  readonly range: { readonly start: number; readonly end: number } | null;
  readonly limit: number;
}

export interface TraceAnswer {
  /** Empty for an unknown trace. */
  readonly spans: readonly Span[];
  /** Why spans are missing, in the server's words; null when the trace is whole. */
  readonly partialReason: string | null;
}

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

export interface DemoTrace {
  readonly traceId: string;
  readonly spans: number;
}

export interface ImportAnswer {
  readonly acceptedSpans: number;
  readonly rejectedSpans: number;
  readonly errorMessage: string;
  readonly traceIds: readonly string[];
}
