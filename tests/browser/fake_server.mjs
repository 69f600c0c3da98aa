// A small stand-in for `vivace serve`, for developing the pages before or without the real server:
// it keeps spans in memory, takes OTLP JSON and knows conjunctions of simple conditions only.
// The browser tests that count run against the real binary.
//
//   node tests/browser/fake_server.mjs [port] [otlp-port]     (0: a free port)

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shopTrace } from './traces.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web', 'dist');

const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

const kKinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const kStatuses = ['UNSET', 'OK', 'ERROR'];

function textAttribute(attributes, key) {
  return attributes?.find((attribute) => attribute.key === key)?.value?.stringValue;
}

class Refused extends Error {}

/** Turns `{ a = "x" && b > 1ms }` into a test of one flat span. */
function compileQuery(text) {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]?.trim();
  if (inner === undefined) {
    throw new Refused('invalid TraceQL query: parse error at line 1, col 1: expected {');
  }
  if (inner === '' || inner === 'true') {
    return () => true;
  }
  const alternatives = inner.split('||');
  if (alternatives.length > 1) {
    const any = alternatives.map((part) => compileQuery(`{${part}}`));
    return (span) => any.some((test) => test(span));
  }
  const tests = inner.split('&&').map((part) => {
    const match = /^\s*(\S+)\s*(=~|!=|>=|<=|=|>|<)\s*(.+?)\s*$/s.exec(part);
    if (match === null) {
      throw new Refused(
        `invalid TraceQL query: parse error at line 1, col 3: unexpected ${part.trim()}`,
      );
    }
    const [, left, operator, right] = match;
    const wanted = right.startsWith('"') ? JSON.parse(right) : right;
    return (span) => {
      const value = fieldOf(span, left);
      if (left === 'duration') {
        const [, number, unit] = /^([\d.]+)(ns|us|ms|s|m)$/.exec(wanted) ?? [];
        const limit = Number(number) * { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10 }[unit];
        return (
          { '>': value > limit, '>=': value >= limit, '<': value < limit, '<=': value <= limit }[
            operator
          ] ?? false
        );
      }
      if (operator === '=~') {
        return new RegExp(`^(?:${wanted.replace('(?s)', '')})$`, 's').test(value);
      }
      return operator === '!=' ? value !== undefined && value !== wanted : value === wanted;
    };
  });
  return (span) => tests.every((test) => test(span));
}

function fieldOf(span, name) {
  switch (name) {
    case 'name':
      return span.name;
    case 'status':
      return kStatuses[span.status?.code ?? 0].toLowerCase();
    case 'kind':
      return kKinds[span.kind ?? 0].toLowerCase();
    case 'duration':
      return Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano));
    default: {
      const [, scope, key] = /^(span|resource|)\.(.+)$/.exec(name) ?? [];
      const lists =
        scope === 'resource'
          ? [span.resource.attributes]
          : scope === 'span'
            ? [span.attributes]
            : [span.attributes, span.resource.attributes];
      for (const list of lists) {
        const value = list?.find((attribute) => attribute.key === key)?.value;
        if (value !== undefined) {
          return String(Object.values(value)[0]);
        }
      }
      return undefined;
    }
  }
}

function base64(hex) {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** The document as Tempo writes it: ids in base64, names for enums. */
function tempoJson(resourceSpans) {
  return resourceSpans.map((group) => ({
    ...group,
    scopeSpans: group.scopeSpans.map((scope) => ({
      ...scope,
      spans: scope.spans.map((span) => ({
        ...span,
        traceId: base64(span.traceId),
        spanId: base64(span.spanId),
        ...(span.parentSpanId ? { parentSpanId: base64(span.parentSpanId) } : {}),
        kind: `SPAN_KIND_${kKinds[span.kind ?? 0]}`,
        links: span.links?.map((link) => ({
          ...link,
          traceId: base64(link.traceId),
          spanId: base64(link.spanId),
        })),
        status: span.status?.code
          ? { ...span.status, code: `STATUS_CODE_${kStatuses[span.status.code]}` }
          : (span.status ?? {}),
      })),
    })),
  }));
}

export async function startFakeServer({ port = 0, otlpPort = 0 } = {}) {
  /** Trace id to list of resourceSpans. */
  const traces = new Map();
  const counters = {
    connections: 0,
    requests: 0,
    bytes: 0,
    acceptedSpans: 0,
    refusedSpans: 0,
    lastRefusal: null,
    lastTraceId: null,
  };
  let otlpAddress = '';

  const take = (document) => {
    const ids = new Set();
    let accepted = 0;
    let rejected = 0;
    for (const group of document.resourceSpans ?? []) {
      for (const scope of group.scopeSpans ?? []) {
        for (const span of scope.spans ?? []) {
          if (!/^[0-9a-f]{32}$/i.test(span.traceId ?? '')) {
            rejected++;
            continue;
          }
          accepted++;
          ids.add(span.traceId);
          const list = traces.get(span.traceId) ?? [];
          list.push({ ...group, scopeSpans: [{ ...scope, spans: [span] }] });
          traces.set(span.traceId, list);
        }
      }
    }
    counters.acceptedSpans += accepted;
    counters.refusedSpans += rejected;
    const traceIds = [...ids];
    counters.lastTraceId = traceIds.at(-1) ?? counters.lastTraceId;
    return {
      acceptedSpans: accepted,
      rejectedSpans: rejected,
      errorMessage: rejected > 0 ? 'trace id must have 16 bytes' : '',
      traceIds,
    };
  };

  const flat = (list) =>
    list.flatMap((group) =>
      group.scopeSpans.flatMap((scope) =>
        scope.spans.map((span) => ({ ...span, resource: group.resource ?? {} })),
      ),
    );

  const search = (url) => {
    const test = compileQuery(url.searchParams.get('q') ?? '{}');
    const limit = Number(url.searchParams.get('limit') ?? 20);
    const start = BigInt(url.searchParams.get('start') ?? 0) * 1_000_000_000n;
    const end = BigInt(url.searchParams.get('end') ?? 9_999_999_999) * 1_000_000_000n;
    const found = [];
    for (const [id, list] of traces) {
      const spans = flat(list);
      const matched = spans.filter(test);
      const first = spans.reduce((a, b) =>
        BigInt(b.startTimeUnixNano) < BigInt(a.startTimeUnixNano) ? b : a,
      );
      const begin = BigInt(first.startTimeUnixNano);
      const last = spans.reduce(
        (a, b) => (BigInt(b.endTimeUnixNano) > a ? BigInt(b.endTimeUnixNano) : a),
        0n,
      );
      if (matched.length === 0 || begin > end || last < start) {
        continue;
      }
      const root = spans.find((span) => !span.parentSpanId);
      const serviceStats = {};
      for (const span of spans) {
        const name = textAttribute(span.resource.attributes, 'service.name') ?? '';
        serviceStats[name] ??= { spanCount: 0 };
        const counts = serviceStats[name];
        counts.spanCount++;
        if (span.status?.code === 2) {
          counts.errorCount = (counts.errorCount ?? 0) + 1;
        }
      }
      found.push({
        begin,
        trace: {
          traceID: id.replace(/^0+/, ''),
          rootServiceName: root
            ? textAttribute(root.resource.attributes, 'service.name')
            : '<root span not yet received>',
          ...(root ? { rootTraceName: root.name } : {}),
          startTimeUnixNano: begin.toString(),
          durationMs: Number((last - begin) / 1_000_000n),
          spanSets: [
            {
              spans: matched.slice(0, Number(url.searchParams.get('spss') ?? 3)).map((span) => ({
                spanID: span.spanId,
                name: span.name,
                startTimeUnixNano: span.startTimeUnixNano,
                durationNanos: String(
                  BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano),
                ),
                attributes: [
                  {
                    key: 'service.name',
                    value: {
                      stringValue: textAttribute(span.resource.attributes, 'service.name') ?? '',
                    },
                  },
                ],
              })),
              matched: matched.length,
            },
          ],
          serviceStats,
        },
      });
    }
    found.sort((a, b) => (a.begin < b.begin ? 1 : a.begin > b.begin ? -1 : 0));
    return { traces: found.slice(0, limit).map(({ trace }) => trace), metrics: {} };
  };

  const tagValues = (identifier) => {
    const values = new Set();
    for (const list of traces.values()) {
      for (const span of flat(list)) {
        const value = fieldOf(span, identifier);
        if (value !== undefined) {
          values.add(String(value));
        }
      }
    }
    return { tagValues: [...values].map((value) => ({ type: 'string', value })), metrics: {} };
  };

  const tagNames = () => {
    const names = { span: new Set(), resource: new Set() };
    for (const list of traces.values()) {
      for (const span of flat(list)) {
        for (const { key } of span.attributes ?? []) {
          names.span.add(key);
        }
        for (const { key } of span.resource.attributes ?? []) {
          names.resource.add(key);
        }
      }
    }
    return {
      scopes: Object.entries(names).map(([name, tags]) => ({ name, tags: [...tags] })),
      metrics: {},
    };
  };

  const readBody = async (request) => {
    const parts = [];
    for await (const part of request) {
      parts.push(part);
    }
    return Buffer.concat(parts);
  };
  const json = (response, value) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const refuse = (response, status, message) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`${message}\n`);
  };

  const serveFile = (path, response) => {
    const file = join(dist, normalize(path));
    const isFile = file.startsWith(dist) && extname(file) !== '' && existsSync(file);
    const served = isFile ? file : join(dist, 'index.html');
    response.writeHead(200, {
      'Content-Type': kTypes[extname(served)] ?? 'application/octet-stream',
      'Content-Security-Policy': kPolicy,
    });
    response.end(readFileSync(served));
  };

  const http = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const path = url.pathname;
    try {
      if (path === '/api/search') {
        return json(response, search(url));
      }
      if (path.startsWith('/api/v2/traces/')) {
        const list = traces.get(path.split('/').at(-1).toLowerCase());
        return json(response, list ? { trace: { resourceSpans: tempoJson(list) } } : { trace: {} });
      }
      if (path === '/api/v2/search/tags') {
        return json(response, tagNames());
      }
      const tag = /^\/api\/v2\/search\/tag\/([^/]+)\/values$/.exec(path);
      if (tag !== null) {
        return json(response, tagValues(decodeURIComponent(tag[1])));
      }
      if (path === '/api/status/buildinfo') {
        return json(response, { version: '0.1.0-fake', revision: 'none' });
      }
      if (path === '/vivace/v1/first-data') {
        return json(response, { ...counters, otlpHttp: otlpAddress, otlpGrpc: '127.0.0.1:4317' });
      }
      if (path === '/vivace/v1/demo-trace' && request.method === 'POST') {
        const traceId = randomBytes(16).toString('hex');
        const document = shopTrace(traceId, BigInt(Date.now()) * 1_000_000n);
        return json(response, { traceId, spans: take(document).acceptedSpans });
      }
      if (path === '/vivace/v1/import' && request.method === 'POST') {
        const text = (await readBody(request)).toString();
        try {
          return json(response, take(JSON.parse(text)));
        } catch (error) {
          return refuse(response, 400, `import: ${error.message}`);
        }
      }
      if (path.startsWith('/api/') || path.startsWith('/vivace/')) {
        return refuse(response, 404, `no such endpoint: ${path}`);
      }
      return serveFile(path, response);
    } catch (error) {
      return refuse(response, error instanceof Refused ? 400 : 500, error.message);
    }
  });

  const otlp = createServer(async (request, response) => {
    const body = await readBody(request);
    counters.requests++;
    counters.bytes += body.length;
    if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
      counters.lastRefusal = {
        reason: `content type must be application/json, found ${request.headers['content-type']}`,
        transport: 'http',
        atUnixMs: Date.now(),
      };
      return refuse(response, 415, counters.lastRefusal.reason);
    }
    take(JSON.parse(body.toString()));
    return json(response, {});
  });
  otlp.on('connection', () => {
    counters.connections++;
  });

  const listen = (server, wanted) =>
    new Promise((resolve) => {
      server.listen(wanted, '127.0.0.1', () => resolve(`127.0.0.1:${server.address().port}`));
    });
  otlpAddress = await listen(otlp, otlpPort);
  const httpAddress = await listen(http, port);
  return {
    http: httpAddress,
    otlpHttp: otlpAddress,
    stop: () => {
      http.closeAllConnections();
      otlp.closeAllConnections();
      http.close();
      otlp.close();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startFakeServer({
    port: Number(process.argv[2] ?? 3200),
    otlpPort: Number(process.argv[3] ?? 4318),
  });
  console.log(`pages http://${server.http}  OTLP/HTTP ${server.otlpHttp}`);
}
