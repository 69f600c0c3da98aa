// The trace page: waterfall, keys, details, links.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before } from 'node:test';
import { eventually, nowNanoseconds, pageTest, send, useBrowser } from './harness.mjs';
import { largeTrace, shopTrace } from './traces.mjs';

useBrowser();

const kShop = `7a${'0'.repeat(29)}1`;
const kLarge = `7b${'0'.repeat(29)}1`;
const kLargeSpans = 10_000;
const kRootSpan = '5a00000000000001';

// Rows in the accessible mirror: what a screen shows, some more, never all.
const kMirrorRowsMax = 120;

before(async () => {
  const now = nowNanoseconds();
  await send(shopTrace(kShop, now));
  // In parts, as an exporter would send them.
  const large = largeTrace(kLarge, now, kLargeSpans);
  for (const group of large.resourceSpans) {
    await send({ resourceSpans: [group] });
  }
});

const grid = (page) => page.getByRole('treegrid');
const details = (page) => page.getByTestId('span-details');
const rowCount = async (page) => Number(await grid(page).getAttribute('aria-rowcount')) - 1;

/** Name of the row the cursor is on, or null. */
async function active(page) {
  const id = await grid(page).getAttribute('aria-activedescendant');
  return id === null ? null : page.locator(`#${id} [role="gridcell"]`).nth(1).innerText();
}

async function openShop(page, search = '') {
  await page.goto(`/trace/${kShop}${search}`);
  await grid(page).waitFor();
}

pageTest('figures of the trace stand at the top', {}, async (page) => {
  await openShop(page);
  await page.getByRole('heading', { name: 'POST /order', level: 1 }).waitFor();
  const figures = await page.locator('main dl').first().innerText();
  assert.match(figures, /Duration\s+1\.56 s/);
  assert.match(figures, /Spans\s+35/);
  assert.match(figures, /Services\s+5/);
  assert.match(figures, /Errors\s+3/);
  assert.match(figures, /Missing parents\s+1/);
});

pageTest('rows can be walked, opened, collapsed and closed with keys', {}, async (page) => {
  await openShop(page);
  assert.equal(await rowCount(page), 35);
  await page.keyboard.press('j');
  assert.equal(await active(page), 'POST /order');
  await page.keyboard.press('ArrowDown');
  assert.equal(await active(page), 'load cart');
  await page.keyboard.press('ArrowRight');
  assert.equal(await active(page), 'GET /cart');
  await page.keyboard.press('ArrowLeft');
  await eventually('25 rows less', async () => (await rowCount(page)) === 35 - 24);
  const id = await grid(page).getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`#${id}`).getAttribute('aria-expanded'), 'false');
  await page.waitForURL(/collapsed=/);
  await page.reload();
  await eventually('collapsed rows stay', async () => (await rowCount(page)) === 35 - 24);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await details(page).waitFor();
  await page.waitForURL(/span=5a00000000000001/);
  await page.keyboard.press('Escape');
  await details(page).waitFor({ state: 'detached' });
  assert.equal(await active(page), 'POST /order');
  await page.keyboard.press('Escape');
  assert.equal(await active(page), null);
});

pageTest('errors are found with e and E', {}, async (page) => {
  await openShop(page);
  const seen = [];
  for (const key of ['e', 'e', 'e', 'e', 'E']) {
    await page.keyboard.press(key);
    seen.push(await active(page));
  }
  assert.deepEqual(seen, ['POST /order', 'charge card', 'Charge', 'POST /order', 'Charge']);
  await details(page).getByText('card declined', { exact: true }).waitFor();
});

pageTest('every field of a span is shown', {}, async (page) => {
  await openShop(page, `?span=${kRootSpan}`);
  await details(page).waitFor();
  const text = await details(page).innerText();
  for (const part of [
    'order failed: card declined',
    'http.request.method',
    '61.25',
    'true',
    '["kettle", "tea"]',
    '{"region": "eu", "age_s": 40}',
    '000102030405',
    'The sender dropped 2 attributes.',
    'service.version',
    'The sender dropped one attribute.',
    'https://opentelemetry.io/schemas/1.27.0',
    'shop.instrumentation',
    '0.9.1',
    'scope.mode',
    'https://opentelemetry.io/schemas/1.26.0',
    kRootSpan,
    'vendor=one,other=two',
    '0x00000101 (sampled, parent is local)',
    'Server',
  ]) {
    assert.ok(text.includes(part), `missing: ${part}`);
  }
  // A long value is folded.
  assert.ok(!text.includes('(a long agent string) '.repeat(30)));
  await details(page)
    .getByRole('button', { name: /^Show all/ })
    .click();
  await details(page).getByRole('button', { name: 'Show less' }).waitFor();
});

pageTest('events and links of a span are shown whole', {}, async (page) => {
  await openShop(page);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('e');
  }
  const text = await details(page).innerText();
  for (const part of [
    'exception.stacktrace',
    'at charge (payment.js:41)',
    '+465 ms',
    'The sender dropped 3 events.',
    'The sender dropped one link.',
  ]) {
    assert.ok(text.includes(part), `missing: ${part}`);
  }
  const server = page.getByRole('row').filter({ hasText: 'PlaceOrder' });
  const id = await server.getAttribute('id');
  assert.ok(id !== null);
  await openShop(page, '?span=5a0000000000001d');
  await details(page).getByText('link.reason').waitFor();
  const link = details(page).getByRole('link', { name: /^Open span/ });
  assert.equal(
    await link.getAttribute('href'),
    `/trace/${'f'.repeat(31)}1?span=${'e'.repeat(15)}1`,
  );
});

pageTest('a value leads to the search for it', {}, async (page) => {
  await openShop(page, `?span=${kRootSpan}`);
  await details(page).getByRole('link', { name: 'Search for traces with this http.route' }).click();
  await page.waitForURL(/\/explore\?q=/);
  assert.equal(
    await page.getByRole('textbox', { name: 'TraceQL' }).inputValue(),
    '{ span.http.route = "/order" }',
  );
  await page.getByRole('table', { name: 'Results' }).locator('a').first().waitFor();
});

pageTest('the mouse selects, collapses and zooms on the canvas', {}, async (page) => {
  await openShop(page);
  const box = await grid(page).boundingBox();
  await page.mouse.click(box.x + 200, box.y + 26 + 13);
  await details(page).getByRole('heading', { name: 'load cart' }).waitFor();
  // The chevron of the third row: two levels in.
  await page.mouse.click(box.x + 8 + 28 + 8, box.y + 52 + 13);
  await eventually('24 rows less', async () => (await rowCount(page)) === 35 - 24);
  await page.keyboard.press('Escape');
  const wide = await grid(page).boundingBox();
  await page.mouse.move(wide.x + 500, wide.y + 200);
  await page.mouse.down();
  await page.mouse.move(wide.x + 700, wide.y + 200, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/zoom=\d+-\d+/);
  await page.keyboard.press('0');
  await eventually('the whole trace again', () => !page.url().includes('zoom='));
});

pageTest('the overview zooms by dragging and by the wheel', {}, async (page) => {
  await openShop(page);
  const box = await page.getByRole('img', { name: /^Overview/ }).boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/zoom=\d+-\d+/);
  const [, from, to] = /zoom=(\d+)-(\d+)/.exec(page.url()).map(Number);
  assert.ok(Math.abs(from - 390e6) < 15e6 && Math.abs(to - 780e6) < 15e6, page.url());
  await page.mouse.wheel(0, -400);
  await eventually('a narrower window', () => {
    const now = /zoom=(\d+)-(\d+)/.exec(page.url());
    return now !== null && now[2] - now[1] < to - from;
  });
  await page.mouse.dblclick(box.x + 50, box.y + 20);
  await eventually('the whole trace again', () => !page.url().includes('zoom='));
});

pageTest('the width of the name column can be changed by key and is kept', {}, async (page) => {
  await openShop(page);
  const divider = page.getByRole('separator', { name: 'Width of the name column' });
  const width = Number(await divider.getAttribute('aria-valuenow'));
  await divider.press('ArrowRight');
  assert.equal(Number(await divider.getAttribute('aria-valuenow')), width + 16);
  await page.reload();
  assert.equal(Number(await divider.getAttribute('aria-valuenow')), width + 16);
});

pageTest('a span link opens the span, also deep in a large trace', {}, async (page) => {
  const target = `1a${(9_000).toString(16).padStart(14, '0')}`;
  await page.goto(`/trace/${kLarge}?span=${target}`);
  await details(page).getByText(target).first().waitFor();
  assert.ok((await grid(page).evaluate((element) => element.scrollTop)) > 1000);
  const id = await grid(page).getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`#${id}`).count(), 1);
});

pageTest(
  'a link to this view is copied with y',
  { permissions: ['clipboard-read', 'clipboard-write'] },
  async (page) => {
    await openShop(page, `?span=${kRootSpan}`);
    await details(page).waitFor();
    await page.keyboard.press('y');
    await page.getByText('Link copied').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.endsWith(`/trace/${kShop}?span=${kRootSpan}`), copied);
  },
);

pageTest('the trace is downloaded as OTLP JSON with every field', {}, async (page) => {
  await openShop(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download OTLP JSON' }).click(),
  ]);
  const document = JSON.parse(readFileSync(await download.path(), 'utf8'));
  const sent = shopTrace(kShop, nowNanoseconds());
  const spansOf = (value) =>
    value.resourceSpans.flatMap((group) => group.scopeSpans.flatMap((scope) => scope.spans));
  const byId = new Map(spansOf(document).map((span) => [span.spanId, span]));
  for (const span of spansOf(sent)) {
    const back = byId.get(span.spanId);
    assert.ok(back !== undefined, span.spanId);
    for (const key of [
      'traceId',
      'parentSpanId',
      'name',
      'kind',
      'flags',
      'traceState',
      'attributes',
      'links',
      'droppedEventsCount',
    ]) {
      assert.deepEqual(back[key], span[key], `${key} of ${span.name}`);
    }
  }
  const frontend = document.resourceSpans.find(
    (group) => group.resource.droppedAttributesCount === 1,
  );
  assert.equal(frontend.schemaUrl, 'https://opentelemetry.io/schemas/1.27.0');
});

pageTest('a trace that is not stored says so, and a bad id too', {}, async (page) => {
  await page.goto(`/trace/${'9'.repeat(32)}`);
  await page.getByRole('heading', { name: 'No such trace' }).waitFor();
  await page.goto('/trace/xyz');
  await page.getByText('1 to 32 hex digits').waitFor();
  await page.getByLabel('Open trace by id').fill(kShop.toUpperCase());
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/trace/${kShop}`);
});

pageTest('ten thousand spans open and scroll with few elements', {}, async (page) => {
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      globalThis.longTasks.push(...list.getEntries().map((entry) => Math.round(entry.duration)));
    }).observe({ entryTypes: ['longtask'] });
  });
  const begin = Date.now();
  await page.goto(`/trace/${kLarge}`);
  await grid(page).waitFor();
  const opened = Date.now() - begin;
  assert.equal(await rowCount(page), kLargeSpans);
  const elements = await page.locator('*').count();
  const figures = await grid(page).evaluate(async (element) => {
    globalThis.longTasks.length = 0;
    const frames = [];
    let last = performance.now();
    const rowsSeen = [];
    for (let i = 0; i < 120; i++) {
      element.scrollTop += 400;
      await new Promise((done) => requestAnimationFrame(done));
      const now = performance.now();
      frames.push(now - last);
      last = now;
      rowsSeen.push(element.querySelectorAll('[role="row"]').length);
    }
    frames.sort((a, b) => a - b);
    return {
      rowsMax: Math.max(...rowsSeen),
      scrollTop: element.scrollTop,
      frameMedian: frames[60].toFixed(1),
      frameP95: frames[114].toFixed(1),
      longTasks: globalThis.longTasks,
    };
  });
  assert.ok(figures.rowsMax <= kMirrorRowsMax, `rows: ${figures.rowsMax}`);
  assert.ok(figures.scrollTop > 40_000);
  assert.ok((await page.locator('*').count()) < elements + 400);
  // The mirror has followed: its first row is near what the canvas shows.
  await eventually('the mirror follows', async () => {
    const first = await page.locator('[role="row"][id]').first().getAttribute('aria-rowindex');
    return Math.abs(Number(first) - figures.scrollTop / 26) < 40;
  });
  await page.keyboard.press('End');
  console.log(
    `figures: opened in ${opened} ms, frame median ${figures.frameMedian} ms, p95 ${figures.frameP95} ms, long tasks while scrolling [${figures.longTasks}]`,
  );
});

pageTest('the canvas is really drawn', {}, async (page) => {
  await openShop(page);
  const colours = await eventually('several colours on the canvas', () =>
    grid(page)
      .locator('canvas')
      .evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Set();
        for (let i = 0; i < data.length; i += 4) {
          seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
        }
        return seen.size > 50 ? seen.size : 0;
      }),
  );
  assert.ok(colours > 50);
});
