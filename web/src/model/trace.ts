// A trace as typed arrays in preorder: a parent stands before its children, and the subtree of
// span i is the run [i, subtreeEnd[i]). Drawing reads only the arrays; `spans` holds the details.

import { type Span, stringAttribute } from './otlp';
import { distance, type Nanoseconds, nanoseconds, type UnixNanoseconds } from './time';

/** Bits of Trace.flags. */
export const kFlagError = 1;
/** The parent id names a span that is not in the trace. */
export const kFlagMissingParent = 2;
/** The parent chain ran in a circle and was cut here. */
export const kFlagParentCycle = 4;
/** Starts before its parent: the clocks of two machines differ. */
export const kFlagBeforeParent = 8;
/** Ends before it starts; drawn with duration 0. */
export const kFlagNegativeDuration = 16;

export interface Trace {
  /** 32 hex digits. */
  readonly id: string;
  readonly spanCount: number;
  readonly start: UnixNanoseconds;
  readonly duration: Nanoseconds;
  readonly spans: readonly Span[];
  /** Nanoseconds from `start` to the span's start. */
  readonly spanStart: Float64Array;
  readonly spanDuration: Float64Array;
  /** Index of the parent, -1 for the top of a tree. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  readonly subtreeEnd: Int32Array;
  readonly childCount: Int32Array;
  /** Place among the siblings, from 1, and how many there are. */
  readonly siblingPosition: Int32Array;
  readonly siblingCount: Int32Array;
  readonly service: Int32Array;
  readonly flags: Uint8Array;
  /** Distinct services in order of first appearance. '' stands for spans without service.name. */
  readonly services: readonly string[];
  readonly errorCount: number;
  readonly missingParentCount: number;
  readonly depthMax: number;
  /** The span that names the trace: the first without a parent id, else the earliest. */
  readonly root: number;
}

/** Returns the parent of every span by position in `spans`, -1 for none. */
function resolveParents(spans: readonly Span[]): { parents: Int32Array; missing: Uint8Array } {
  const byId = new Map<string, number>();
  const sharedClient = new Map<string, number>();
  const sharedServer = new Map<string, number>();
  spans.forEach((span, index) => {
    const first = byId.get(span.spanId);
    if (first === undefined) {
      byId.set(span.spanId, index);
      return;
    }
    // Zipkin lets the two sides of a call share one id: the server's span is the client's child,
    // and whoever names the id as parent was called by the server.
    for (const candidate of [first, index]) {
      const kind = spans[candidate].kind;
      if (kind === 'client' && !sharedClient.has(span.spanId)) {
        sharedClient.set(span.spanId, candidate);
      } else if (kind === 'server' && !sharedServer.has(span.spanId)) {
        sharedServer.set(span.spanId, candidate);
      }
    }
  });
  const parents = new Int32Array(spans.length).fill(-1);
  const missing = new Uint8Array(spans.length);
  spans.forEach((span, index) => {
    const client = sharedClient.get(span.spanId);
    if (client !== undefined && sharedServer.get(span.spanId) === index) {
      parents[index] = client;
      return;
    }
    if (span.parentSpanId === '') {
      return;
    }
    const sharedPair = sharedClient.has(span.parentSpanId);
    const parent =
      (sharedPair ? sharedServer.get(span.parentSpanId) : undefined) ?? byId.get(span.parentSpanId);
    if (parent === undefined) {
      missing[index] = 1;
    } else {
      parents[index] = parent;
    }
  });
  return { parents, missing };
}

interface Forest {
  /** Positions in the input, in preorder. */
  readonly order: Int32Array;
  /** Parents by position in the input, cycles cut. */
  readonly parents: Int32Array;
  readonly cut: Uint8Array;
}

/** Order of siblings: by start, then by id. */
function compareSpans(a: Span, b: Span): number {
  if (a.start !== b.start) {
    return a.start < b.start ? -1 : 1;
  }
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}

/** Puts the spans in preorder; roots and siblings by start time, then by id. */
function preorder(spans: readonly Span[], parents: Int32Array): Forest {
  const count = spans.length;
  const byStart = Array.from({ length: count }, (_, index) => index).sort(
    (a, b) => compareSpans(spans[a], spans[b]) || a - b,
  );
  // Child lists as linked arrays, filled from the back so that each comes out in start order.
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  for (let i = count - 1; i >= 0; i--) {
    const index = byStart[i];
    const parent = parents[index];
    if (parent >= 0) {
      nextSibling[index] = firstChild[parent];
      firstChild[parent] = index;
    }
  }
  const order = new Int32Array(count);
  const seen = new Uint8Array(count);
  const cut = new Uint8Array(count);
  const cutParents = parents.slice();
  let filled = 0;
  const walk = (top: number) => {
    const stack = [top];
    seen[top] = 1;
    while (stack.length > 0) {
      const index = stack.pop() as number;
      order[filled++] = index;
      const children: number[] = [];
      for (let child = firstChild[index]; child >= 0; child = nextSibling[child]) {
        if (seen[child] === 0) {
          seen[child] = 1;
          children.push(child);
        }
      }
      for (let i = children.length - 1; i >= 0; i--) {
        stack.push(children[i]);
      }
    }
  };
  for (const index of byStart) {
    if (parents[index] < 0) {
      walk(index);
    }
  }
  // What is left hangs below a circle of parents: cut each circle at its earliest span.
  for (const index of byStart) {
    if (seen[index] === 0) {
      let top = index;
      const onPath = new Set<number>();
      while (!onPath.has(top)) {
        onPath.add(top);
        top = cutParents[top];
      }
      const start = top;
      for (let next = cutParents[start]; next !== start; next = cutParents[next]) {
        if (compareSpans(spans[next], spans[top]) < 0) {
          top = next;
        }
      }
      cut[top] = 1;
      cutParents[top] = -1;
      walk(top);
    }
  }
  return { order, parents: cutParents, cut };
}

function serviceName(span: Span): string {
  return stringAttribute(span.resource.attributes, 'service.name') ?? '';
}

/** Builds the trace `id` from its spans, in any order. `spans` holds at least one. */
export function buildTrace(id: string, input: readonly Span[]): Trace {
  if (input.length === 0) {
    throw new RangeError('a trace has at least one span');
  }
  const resolved = resolveParents(input);
  const forest = preorder(input, resolved.parents);
  const count = input.length;
  const place = new Int32Array(count);
  forest.order.forEach((position, index) => {
    place[position] = index;
  });
  const spans = Array.from(forest.order, (position) => input[position]);

  let start = spans[0].start;
  let end = spans[0].end;
  for (const span of spans) {
    start = span.start < start ? span.start : start;
    end = span.end > end ? span.end : end;
    end = span.start > end ? span.start : end;
  }

  const spanStart = new Float64Array(count);
  const spanDuration = new Float64Array(count);
  const parent = new Int32Array(count).fill(-1);
  const depth = new Int32Array(count);
  const subtreeEnd = new Int32Array(count);
  const childCount = new Int32Array(count);
  const siblingPosition = new Int32Array(count);
  const siblingCount = new Int32Array(count);
  const service = new Int32Array(count);
  const flags = new Uint8Array(count);
  const services: string[] = [];
  const serviceIndex = new Map<string, number>();
  const resourceService = new Map<Span['resource'], number>();
  let errorCount = 0;
  let missingParentCount = 0;
  let depthMax = 0;
  let root = -1;
  let topCount = 0;

  for (let i = 0; i < count; i++) {
    const span = spans[i];
    const position = forest.order[i];
    spanStart[i] = distance(start, span.start);
    const length = distance(span.start, span.end);
    spanDuration[i] = Math.max(0, length);
    let bits = length < 0 ? kFlagNegativeDuration : 0;
    if (span.statusCode === 'error') {
      bits |= kFlagError;
      errorCount++;
    }
    if (resolved.missing[position] === 1) {
      bits |= kFlagMissingParent;
      missingParentCount++;
    }
    if (forest.cut[position] === 1) {
      bits |= kFlagParentCycle;
    }
    const parentPosition = forest.parents[position];
    if (parentPosition >= 0) {
      const p = place[parentPosition];
      parent[i] = p;
      depth[i] = depth[p] + 1;
      depthMax = Math.max(depthMax, depth[i]);
      childCount[p]++;
      siblingPosition[i] = childCount[p];
      if (spanStart[i] < spanStart[p]) {
        bits |= kFlagBeforeParent;
      }
    } else {
      topCount++;
      siblingPosition[i] = topCount;
      if (root < 0 && span.parentSpanId === '') {
        root = i;
      }
    }
    flags[i] = bits;
    let serviceNumber = resourceService.get(span.resource);
    if (serviceNumber === undefined) {
      const name = serviceName(span);
      serviceNumber = serviceIndex.get(name);
      if (serviceNumber === undefined) {
        serviceNumber = services.length;
        services.push(name);
        serviceIndex.set(name, serviceNumber);
      }
      resourceService.set(span.resource, serviceNumber);
    }
    service[i] = serviceNumber;
  }
  for (let i = count - 1; i >= 0; i--) {
    subtreeEnd[i] = Math.max(subtreeEnd[i], i + 1);
    if (parent[i] >= 0) {
      subtreeEnd[parent[i]] = Math.max(subtreeEnd[parent[i]], subtreeEnd[i]);
    }
    siblingCount[i] = parent[i] >= 0 ? childCount[parent[i]] : topCount;
  }
  return {
    id,
    spanCount: count,
    start,
    duration: nanoseconds(Math.max(0, Number(end - start))),
    spans,
    spanStart,
    spanDuration,
    parent,
    depth,
    subtreeEnd,
    childCount,
    siblingPosition,
    siblingCount,
    service,
    flags,
    services,
    errorCount,
    missingParentCount,
    depthMax,
    root: root >= 0 ? root : 0,
  };
}

/** Splits spans by trace id, in order of first appearance. Ids that are empty are left out. */
export function groupByTrace(spans: readonly Span[]): Map<string, Span[]> {
  const traces = new Map<string, Span[]>();
  for (const span of spans) {
    if (span.traceId === '') {
      continue;
    }
    const list = traces.get(span.traceId);
    if (list === undefined) {
      traces.set(span.traceId, [span]);
    } else {
      list.push(span);
    }
  }
  return traces;
}

/** Finds a span by its id; -1 when the trace has none. */
export function findSpan(trace: Trace, spanId: string): number {
  return trace.spans.findIndex((span) => span.spanId === spanId);
}

/** Finds the next span with an error after (or before) `from`, going round; -1 when none has one. */
export function nextError(trace: Trace, from: number, step: 1 | -1): number {
  const count = trace.spanCount;
  for (let i = 1; i <= count; i++) {
    const index = (((from + step * i) % count) + count) % count;
    if ((trace.flags[index] & kFlagError) !== 0) {
      return index;
    }
  }
  return -1;
}
