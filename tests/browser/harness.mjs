// A browser per test file and a fresh page per test. Every page is watched: an error on the
// console, a violation of the content security policy or a request to another host fails the test.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web', 'package.json');
const require = createRequire(web);
const { chromium } = require('playwright-core');
export const axeSource = require('axe-core').source;

export const url = process.env.VIVACE_URL;
const otlp = process.env.VIVACE_OTLP;

// Longest wait for something to appear on a page.
const kWaitMs = 15_000;

const kFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser;

/** Starts the browser for the tests of a file. */
export function useBrowser() {
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.VIVACE_CHROMIUM,
      args: kFlags,
    });
  });
  after(async () => {
    await browser?.close();
  });
}

/** What was wrong with a page while it was watched. */
class Watch {
  faults = [];
  allowed = [];

  /** Says that a failed load with this status is meant to happen. */
  allowStatus(status) {
    this.allowed.push(`status of ${status}`);
  }

  follow(page) {
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !this.allowed.some((part) => text.includes(part))) {
        this.faults.push(`console: ${text}`);
      }
    });
    page.on('pageerror', (error) => this.faults.push(`page error: ${error.message}`));
    page.on('request', (request) => {
      const target = new URL(request.url());
      const isOwn =
        target.origin === new URL(url).origin ||
        target.protocol === 'data:' ||
        target.protocol === 'blob:';
      if (!isOwn) {
        this.faults.push(`request to another host: ${request.url()}`);
      }
    });
  }
}

/**
 * A test in a fresh page. `options`: theme ('light' or 'dark'), width, height, permissions.
 * `body` gets the page and its watch.
 */
export function pageTest(name, options, body) {
  test(name, async () => {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      colorScheme: options.theme ?? 'light',
      permissions: options.permissions ?? [],
      baseURL: url,
    });
    context.setDefaultTimeout(kWaitMs);
    const page = await context.newPage();
    const watch = new Watch();
    watch.follow(page);
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    try {
      await body(page, watch);
      assert.deepEqual(watch.faults, []);
    } catch (error) {
      const file = `${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)}.png`;
      await page.screenshot({ path: join(process.env.VIVACE_SHOTS, file) }).catch(() => {});
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** Sends a document of OTLP JSON to the receiver and checks that it was taken. */
export async function send(document) {
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(document),
  });
  assert.equal(response.status, 200, await response.text());
}

/** Sends bytes that the receiver must refuse. */
export async function sendRefused() {
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain' },
    body: 'hello',
  });
  assert.ok(response.status >= 400, `status ${response.status}`);
}

export function nowNanoseconds() {
  return BigInt(Date.now()) * 1_000_000n;
}

/** Waits until `check` gives a true value, and returns it. */
export async function eventually(what, check) {
  for (const deadline = Date.now() + kWaitMs; ; ) {
    const value = await check();
    if (value) {
      return value;
    }
    assert.ok(Date.now() < deadline, `never happened: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Findings of axe-core on the page that are serious or critical. */
export async function accessFindings(page) {
  // The page's policy forbids inline scripts, so axe comes in through the debugger.
  await page.evaluate(`${axeSource}; undefined`);
  return page.evaluate(async () => {
    const result = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return result.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html} (${nodes.length})`);
  });
}
