// Drives the pages in a real browser and ends with the line "N passed, N failed".
//
//   node tests/browser/run.mjs --binary build/release/vivace     starts the server on free ports
//   node tests/browser/run.mjs --url http://H:P --otlp http://H:P    uses one that runs, with an empty store
//   node tests/browser/run.mjs --fake                            uses the stand-in server
//
// Options: --only TEXT runs the tests whose name holds TEXT; --chromium PATH names the browser;
// --shots FOLDER is where screenshots of failed tests go (default build/browser-shots).

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));

// The server writes its addresses within this time; it is ready in a fraction of it.
const kStartMs = 15_000;
// After SIGTERM the server drains; after this it is killed.
const kStopMs = 15_000;
// A file of tests that takes longer is stuck; every step inside has its own, shorter limit.
const kFileMs = 600_000;

const { values: options } = parseArgs({
  options: {
    binary: { type: 'string' },
    url: { type: 'string' },
    otlp: { type: 'string' },
    fake: { type: 'boolean', default: false },
    only: { type: 'string' },
    chromium: { type: 'string' },
    shots: { type: 'string' },
  },
});

function sleep(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

async function startBinary(binary) {
  const folder = mkdtempSync(join(tmpdir(), 'vivace-browser-'));
  const output = [];
  const child = spawn(
    resolve(binary),
    [
      'serve',
      '--data-dir',
      folder,
      '--http-address',
      '127.0.0.1:0',
      '--otlp-http-address',
      '127.0.0.1:0',
      '--otlp-grpc-address',
      '127.0.0.1:0',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const keep = (chunk) => {
    output.push(chunk);
    if (output.length > 400) {
      output.shift();
    }
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise((done) => child.once('exit', done));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(kStopMs)]);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
      }
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const file = join(folder, 'listening.json');
  for (const deadline = Date.now() + kStartMs; Date.now() < deadline; await sleep(25)) {
    if (child.exitCode !== null) {
      break;
    }
    if (existsSync(file)) {
      try {
        const addresses = JSON.parse(readFileSync(file, 'utf8'));
        return { url: `http://${addresses.http}`, otlp: `http://${addresses.otlp_http}`, stop };
      } catch {
        // Half written; read it again.
      }
    }
  }
  await stop();
  throw new Error(`the server did not start:\n${output.join('')}`);
}

async function startServer() {
  if (options.binary !== undefined) {
    return startBinary(options.binary);
  }
  if (options.url !== undefined && options.otlp !== undefined) {
    return { url: options.url, otlp: options.otlp, stop: async () => {} };
  }
  if (options.fake) {
    const { startFakeServer } = await import('./fake_server.mjs');
    const server = await startFakeServer();
    return { url: `http://${server.http}`, otlp: `http://${server.otlpHttp}`, stop: server.stop };
  }
  throw new Error('one of --binary FILE, --url URL with --otlp URL, or --fake is needed');
}

const server = await startServer();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await server.stop();
    process.exit(1);
  });
}
const shots = resolve(options.shots ?? join(here, '..', '..', 'build', 'browser-shots'));
mkdirSync(shots, { recursive: true });
Object.assign(process.env, {
  VIVACE_URL: server.url,
  VIVACE_OTLP: server.otlp,
  VIVACE_SHOTS: shots,
  VIVACE_CHROMIUM: options.chromium ?? process.env.VIVACE_CHROMIUM ?? '/usr/bin/chromium',
});

let passed = 0;
let failed = 0;
// The first file needs an empty store, so the files run in this order, one after the other.
const stream = run({
  files: ['first_trace', 'explore', 'trace', 'access'].map((name) =>
    join(here, `${name}.test.mjs`),
  ),
  concurrency: false,
  timeout: kFileMs,
  ...(options.only === undefined ? {} : { testNamePatterns: [options.only] }),
});
stream.on('test:pass', (event) => {
  if (event.details.type !== 'suite' && event.skip === undefined) {
    passed++;
  }
});
stream.on('test:fail', () => {
  failed++;
});
stream.compose(spec).pipe(process.stdout);
await new Promise((done) => stream.once('end', done));
await server.stop();
// Let the reporter write its last lines first.
await sleep(100);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
