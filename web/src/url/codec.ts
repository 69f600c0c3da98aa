// The state of a view in the URL's query string. parse takes anything and never throws;
// parse(format(x)) gives x back; what has its default value is left out.

export const kRangePresets = ['5m', '15m', '1h', '6h', '24h', '7d', 'all'] as const;
export type RangePreset = (typeof kRangePresets)[number];

/** `all` has no length: it asks without a range. */
const kPresetSeconds: Readonly<Record<RangePreset, number | null>> = {
  '5m': 300,
  '15m': 900,
  '1h': 3600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  all: null,
};

/** `absolute` holds unix seconds, from before to. */
export type TimeRange =
  | { readonly kind: 'relative'; readonly preset: RangePreset }
  | { readonly kind: 'absolute'; readonly from: number; readonly to: number };

export const kSorts = ['newest', 'slowest', 'errors', 'spans'] as const;
export type Sort = (typeof kSorts)[number];

export const kLimits = [20, 50, 100, 200] as const;
export type Limit = (typeof kLimits)[number];

export interface ExploreState {
  /** TraceQL as typed; '' asks for every trace. */
  readonly query: string;
  readonly range: TimeRange;
  readonly limit: Limit;
  readonly sort: Sort;
}

export const kDefaultRange: TimeRange = { kind: 'relative', preset: '1h' };
export const kDefaultExplore: ExploreState = {
  query: '',
  range: kDefaultRange,
  limit: 20,
  sort: 'newest',
};

export interface TraceViewState {
  /** Span id in 16 hex digits, or null. */
  readonly span: string | null;
  /** Nanoseconds from the trace's start, whole numbers, or null for the whole trace. */
  readonly zoom: { readonly from: number; readonly to: number } | null;
  /** Ids of the collapsed spans. */
  readonly collapsed: readonly string[];
}

export const kDefaultTraceView: TraceViewState = { span: null, zoom: null, collapsed: [] };

// Collapsed spans kept in a link: 17 characters each, so that the link stays below the 8 KB that
// every server and chat program takes.
export const kCollapsedMax = 200;

const kUnixSecondsMax = 253_402_300_799; // The last second of the year 9999.

function wholeNumber(text: string | null, max: number): number | null {
  if (text === null || !/^\d{1,16}$/.test(text)) {
    return null;
  }
  const value = Number(text);
  return Number.isSafeInteger(value) && value <= max ? value : null;
}

function oneOf<T extends string>(text: string | null, values: readonly T[]): T | null {
  return values.find((value) => value === text) ?? null;
}

function withQuestionMark(params: URLSearchParams): string {
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function parseRange(params: URLSearchParams): TimeRange {
  const preset = oneOf(params.get('range'), kRangePresets);
  if (preset !== null) {
    return { kind: 'relative', preset };
  }
  const from = wholeNumber(params.get('from'), kUnixSecondsMax);
  const to = wholeNumber(params.get('to'), kUnixSecondsMax);
  if (from !== null && to !== null && from < to) {
    return { kind: 'absolute', from, to };
  }
  return kDefaultRange;
}

export function parseExplore(search: string): ExploreState {
  const params = new URLSearchParams(search);
  const limit = wholeNumber(params.get('limit'), 1_000);
  return {
    query: params.get('q') ?? '',
    range: parseRange(params),
    limit: kLimits.find((candidate) => candidate === limit) ?? kDefaultExplore.limit,
    sort: oneOf(params.get('sort'), kSorts) ?? kDefaultExplore.sort,
  };
}

export function formatExplore(state: ExploreState): string {
  const params = new URLSearchParams();
  if (state.query !== kDefaultExplore.query) {
    params.set('q', state.query);
  }
  if (state.range.kind === 'absolute') {
    params.set('from', String(state.range.from));
    params.set('to', String(state.range.to));
  } else if (kDefaultRange.kind === 'absolute' || state.range.preset !== kDefaultRange.preset) {
    params.set('range', state.range.preset);
  }
  if (state.limit !== kDefaultExplore.limit) {
    params.set('limit', String(state.limit));
  }
  if (state.sort !== kDefaultExplore.sort) {
    params.set('sort', state.sort);
  }
  return withQuestionMark(params);
}

export function parseTraceView(search: string): TraceViewState {
  const params = new URLSearchParams(search);
  const span = params.get('span');
  const zoom = /^(\d{1,16})-(\d{1,16})$/.exec(params.get('zoom') ?? '');
  const from = wholeNumber(zoom?.[1] ?? null, Number.MAX_SAFE_INTEGER);
  const to = wholeNumber(zoom?.[2] ?? null, Number.MAX_SAFE_INTEGER);
  const collapsed = (params.get('collapsed') ?? '')
    .split('.')
    .filter((id) => /^[0-9a-f]{16}$/.test(id))
    .slice(0, kCollapsedMax);
  return {
    span:
      span !== null && /^[0-9a-fA-F]{1,16}$/.test(span)
        ? span.toLowerCase().padStart(16, '0')
        : null,
    zoom: from !== null && to !== null && from < to ? { from, to } : null,
    collapsed: [...new Set(collapsed)],
  };
}

export function formatTraceView(state: TraceViewState): string {
  const params = new URLSearchParams();
  if (state.span !== null) {
    params.set('span', state.span);
  }
  if (state.zoom !== null) {
    params.set('zoom', `${state.zoom.from}-${state.zoom.to}`);
  }
  if (state.collapsed.length > 0) {
    params.set('collapsed', state.collapsed.slice(0, kCollapsedMax).join('.'));
  }
  return withQuestionMark(params);
}

/** Unix seconds of both ends. */
export interface RangeSeconds {
  readonly start: number;
  readonly end: number;
}

/**
 * Turns a range into unix seconds; `now` in milliseconds. The end lies after everything stored.
 * Returns null for a range without ends.
 */
export function resolveRange(range: TimeRange, now: number): RangeSeconds | null {
  if (range.kind === 'absolute') {
    return { start: range.from, end: range.to };
  }
  const length = kPresetSeconds[range.preset];
  const end = Math.ceil(now / 1000) + 1;
  return length === null ? null : { start: end - length, end };
}

export function explorePath(state: Partial<ExploreState>): string {
  return `/explore${formatExplore({ ...kDefaultExplore, ...state })}`;
}

export function tracePath(traceId: string, state: Partial<TraceViewState> = {}): string {
  return `/trace/${traceId}${formatTraceView({ ...kDefaultTraceView, ...state })}`;
}
