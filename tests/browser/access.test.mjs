// Accessibility, themes, small windows and the keyboard, on every page.

import assert from 'node:assert/strict';
import { before } from 'node:test';
import {
  accessFindings,
  eventually,
  nowNanoseconds,
  pageTest,
  send,
  useBrowser,
} from './harness.mjs';
import { shopTrace } from './traces.mjs';

useBrowser();

const kShop = `8a${'0'.repeat(29)}1`;

before(async () => {
  await send(shopTrace(kShop, nowNanoseconds()));
});

const richQuery = encodeURIComponent('{ name = "a" || name = "b" }');
const badQuery = encodeURIComponent('{ name = }');

/** Every page and state: where it is, what shows that it is there, what to do then. */
const kPages = [
  {
    name: 'start page',
    path: '/',
    ready: (page) => page.getByRole('table', { name: 'Recent traces' }),
  },
  {
    name: 'explore',
    path: '/explore',
    ready: (page) => page.getByRole('table', { name: 'Results' }),
  },
  {
    name: 'explore with suggestions open',
    path: '/explore',
    ready: (page) => page.getByRole('table', { name: 'Results' }),
    act: async (page) => {
      await page.getByLabel('Service', { exact: true }).click();
      await page.getByRole('option', { name: 'payment' }).waitFor();
    },
  },
  {
    name: 'explore with attributes and matches',
    path: `/explore?q=${encodeURIComponent('{ span.http.route = "/order" }')}`,
    ready: (page) => page.getByRole('button', { name: /^Show matching spans/ }).first(),
    act: (page) =>
      page
        .getByRole('button', { name: /^Show matching spans/ })
        .first()
        .click(),
  },
  {
    name: 'explore with a rich query',
    path: `/explore?q=${richQuery}`,
    ready: (page) => page.getByText('says more than the form'),
  },
  {
    name: 'explore with an error',
    path: `/explore?q=${badQuery}`,
    status: 400,
    ready: (page) => page.getByRole('alert'),
  },
  { name: 'trace', path: `/trace/${kShop}`, ready: (page) => page.getByRole('treegrid') },
  {
    name: 'trace with details',
    path: `/trace/${kShop}?span=5a00000000000001`,
    ready: (page) => page.getByTestId('span-details'),
  },
  {
    name: 'trace with an event',
    path: `/trace/${kShop}?span=5a00000000000021`,
    ready: (page) => page.getByTestId('span-details'),
  },
  {
    name: 'unknown trace',
    path: `/trace/${'9'.repeat(32)}`,
    ready: (page) => page.getByText('No such trace'),
  },
  { name: 'unknown page', path: '/no-such-page', ready: (page) => page.getByText('No page here') },
  {
    name: 'list of keys',
    path: '/',
    ready: (page) => page.getByRole('table', { name: 'Recent traces' }),
    act: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
];

for (const theme of ['light', 'dark']) {
  for (const { name, path, ready, act, status } of kPages) {
    pageTest(`axe finds nothing serious: ${name}, ${theme}`, { theme }, async (page, watch) => {
      if (status !== undefined) {
        watch.allowStatus(status);
      }
      await page.goto(path);
      await ready(page).waitFor();
      await act?.(page);
      assert.equal(await page.locator('html').getAttribute('data-theme'), theme);
      assert.deepEqual(await accessFindings(page), []);
    });
  }
}

for (const { name, path, ready } of kPages.filter(
  (entry) => entry.status === undefined && entry.act === undefined,
)) {
  pageTest(
    `400 % zoom needs no sideways scrolling: ${name}`,
    { width: 320, height: 256 },
    async (page) => {
      await page.goto(path);
      await ready(page).waitFor({ state: 'attached' });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 320, `the page is ${width} pixels wide`);
    },
  );
}

pageTest('t changes the theme, and the choice is kept', { theme: 'light' }, async (page) => {
  await page.goto('/explore');
  const theme = () => page.locator('html').getAttribute('data-theme');
  await page.getByRole('table', { name: 'Results' }).waitFor();
  assert.equal(await theme(), 'light');
  await page.keyboard.press('t');
  assert.equal(await theme(), 'dark');
  await page.reload();
  assert.equal(await theme(), 'dark');
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  assert.equal(await theme(), 'light');
});

pageTest('letters typed into a field are text, not shortcuts', {}, async (page) => {
  await page.goto('/explore');
  await page.getByRole('textbox', { name: 'TraceQL' }).fill('');
  await page.getByRole('textbox', { name: 'TraceQL' }).pressSequentially('t?ge');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.ok(page.url().includes('/explore'));
});

pageTest('single-key shortcuts can be switched off', {}, async (page) => {
  await page.goto('/');
  await page.getByRole('heading', { name: 'Recent traces' }).waitFor();
  await page.keyboard.press('?');
  await page.getByLabel(/Single-key shortcuts/).uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('t');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
  await page.reload();
  await page.keyboard.press('?');
  assert.equal(await page.getByRole('dialog').count(), 0);
});

pageTest('g h and g e go from page to page', {}, async (page) => {
  await page.goto('/');
  await page.getByRole('heading', { name: 'Recent traces' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.waitForURL('**/explore');
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await eventually('the start page', () => new URL(page.url()).pathname === '/');
});

pageTest('a reader of the tree gets level, place and state of a row', {}, async (page) => {
  await page.goto(`/trace/${kShop}`);
  await page.getByRole('treegrid').waitFor();
  const row = page.getByRole('row').filter({ hasText: 'load cart' });
  assert.equal(await row.getAttribute('aria-level'), '2');
  assert.equal(await row.getAttribute('aria-posinset'), '1');
  assert.equal(await row.getAttribute('aria-setsize'), '2');
  assert.equal(await row.getAttribute('aria-expanded'), 'true');
  const root = page.getByRole('row').filter({ hasText: 'POST /order' });
  assert.match(await root.innerText(), /Error/);
});

pageTest(
  'the page that failed to reach the server says so and recovers',
  {},
  async (page, watch) => {
    watch.allowed.push('net::ERR_FAILED');
    await page.route('**/api/v2/traces/**', (route) => route.abort());
    await page.goto(`/trace/${kShop}`);
    await page.getByText('The server does not answer').waitFor();
    await page.unroute('**/api/v2/traces/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('treegrid').waitFor();
  },
);
