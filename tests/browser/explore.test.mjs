// Search by form and by text.

import assert from 'node:assert/strict';
import { before } from 'node:test';
import { eventually, nowNanoseconds, pageTest, send, url, useBrowser } from './harness.mjs';
import { shopTrace } from './traces.mjs';

useBrowser();

const kTraces = 6;
const kService = 'payment';

function traceId(number) {
  return `e0${number.toString(16).padStart(30, '0')}`;
}

before(async () => {
  const now = nowNanoseconds();
  for (let i = 0; i < kTraces; i++) {
    await send(shopTrace(traceId(i), now - BigInt(i) * 20_000_000_000n));
  }
});

const query = (page) => page.getByRole('textbox', { name: 'TraceQL' });
const table = (page) => page.getByRole('table', { name: 'Results' });
const rows = (page) => table(page).locator('a[href^="/trace/"]');

pageTest('the form writes TraceQL, and the URL holds the search', {}, async (page) => {
  await page.goto('/explore');
  await rows(page).first().waitFor();
  await page.getByLabel('Service', { exact: true }).click();
  await page.getByRole('option', { name: kService }).click();
  await page.getByLabel('Status').selectOption('error');
  await page.getByLabel('Min duration').fill('100ms');
  assert.equal(
    await query(page).inputValue(),
    '{ resource.service.name = "payment" && status = error && duration >= 100ms }',
  );
  await page.getByRole('button', { name: 'Run query' }).click();
  await page.waitForURL(/q=/);
  await page.getByRole('columnheader', { name: 'Matched' }).waitFor();
  const count = await eventually('results', () => rows(page).count());
  const address = page.url();

  await page.reload();
  await eventually('the same results', async () => (await rows(page).count()) === count);
  assert.equal(page.url(), address);
  assert.equal(await page.getByLabel('Service', { exact: true }).inputValue(), kService);

  await page.goBack();
  await eventually(
    'the query of the page before',
    async () => (await query(page).inputValue()) === '',
  );
});

pageTest('attributes are searched with their names and values suggested', {}, async (page) => {
  await page.goto('/explore');
  await page.getByRole('button', { name: 'Add attribute' }).click();
  await page.getByLabel('Scope of attribute').selectOption('span');
  await page.getByLabel('Name of attribute').fill('db.sys');
  await page.getByRole('option', { name: 'db.system' }).click();
  await page.getByLabel('Value of attribute').click();
  await page.getByRole('option', { name: 'postgresql' }).click();
  assert.equal(await query(page).inputValue(), '{ span.db.system = "postgresql" }');
  await page.getByRole('button', { name: 'Run query' }).click();
  await page.waitForURL(/q=/);
  await rows(page).first().waitFor();
  await page.getByRole('button', { name: 'Remove attribute' }).click();
  assert.equal(await query(page).inputValue(), '');
});

pageTest('text fills the form, and Ctrl+Enter runs it', {}, async (page) => {
  await page.goto('/explore');
  await rows(page).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('{ span.http.route = "/order" && kind = server }');
  assert.equal(await page.getByLabel('Value of attribute').inputValue(), '/order');
  assert.equal(await page.getByLabel('Kind').inputValue(), 'server');
  await page.keyboard.press('Control+Enter');
  await page.waitForURL(/q=/);
  await rows(page).first().waitFor();
  await page
    .getByRole('button', { name: /^Show matching spans/ })
    .first()
    .click();
  await page.getByRole('list').getByRole('link', { name: 'POST /order' }).first().click();
  await page.waitForURL(/\/trace\/[0-9a-f]{32}\?span=[0-9a-f]{16}$/);
  await page.getByTestId('span-details').getByRole('heading', { name: 'POST /order' }).waitFor();
});

pageTest('a query that says more than the form leaves the form alone', {}, async (page) => {
  await page.goto('/explore');
  await query(page).fill('{ name = "Charge" || name = "GET /cart" }');
  await page.getByText('says more than the form can show').waitFor();
  assert.ok(await page.getByLabel('Service', { exact: true }).isDisabled());
  await page.getByRole('button', { name: 'Clear' }).click();
  assert.ok(await page.getByLabel('Service', { exact: true }).isEnabled());
});

pageTest('the server’s words about a bad query are shown as they are', {}, async (page, watch) => {
  watch.allowStatus(400);
  const text = '{ name = }';
  const range = `start=${Math.floor(Date.now() / 1000) - 60}&end=${Math.floor(Date.now() / 1000)}`;
  const answer = await fetch(`${url}/api/search?q=${encodeURIComponent(text)}&${range}`);
  assert.equal(answer.status, 400);
  const words = (await answer.text()).trim();
  await page.goto(`/explore?q=${encodeURIComponent(text)}`);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.ok((await alert.innerText()).includes(words), await alert.innerText());
});

pageTest(
  'results come newest first; order, limit and range are part of the link',
  {},
  async (page) => {
    await page.goto('/explore?limit=50');
    await rows(page).first().waitFor();
    const times = await table(page)
      .locator('time')
      .evaluateAll((list) => list.map((item) => item.dateTime));
    assert.deepEqual(times, [...times].sort().reverse());
    await page.getByLabel('Order').selectOption('slowest');
    await page.waitForURL(/sort=slowest/);
    await page.getByLabel('Time range').selectOption('15m');
    await page.waitForURL(/range=15m/);
    await page.getByLabel('Limit').selectOption('20');
    await eventually(
      'the limit’s default is not in the link',
      () => !page.url().includes('limit='),
    );
    await page.getByLabel('Time range').selectOption('absolute');
    await page.waitForURL(/from=\d+&to=\d+/);
    await page.getByRole('textbox', { name: 'From' }).waitFor();
  },
);

pageTest(
  'the copied link of a search has an absolute range',
  { permissions: ['clipboard-read', 'clipboard-write'] },
  async (page) => {
    await page.goto('/explore?range=15m&limit=50');
    await rows(page).first().waitFor();
    await page.keyboard.press('y');
    await page.getByText('Link copied').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const [, from, to] = /\/explore\?from=(\d+)&to=(\d+)&limit=50$/.exec(copied).map(Number);
    assert.equal(to - from, 15 * 60);
    await page.goto(copied);
    await rows(page).first().waitFor();
    await page.getByRole('textbox', { name: 'From' }).waitFor();
  },
);

pageTest('no result is said with the range, and how to go on', {}, async (page) => {
  await page.goto(`/explore?q=${encodeURIComponent('{ name = "nothing has this name" }')}`);
  await page.getByRole('heading', { name: 'No trace matches' }).waitFor();
  await page.getByText('Nothing in this range: Last hour.').waitFor();
  await page.getByRole('button', { name: 'Clear the query' }).click();
  await rows(page).first().waitFor();
});

pageTest('traces of the result list are walked with [ and ]', {}, async (page) => {
  await page.goto('/explore');
  await rows(page).first().waitFor();
  const links = await rows(page).evaluateAll((list) =>
    list.map((item) => item.getAttribute('href')),
  );
  await rows(page).first().click();
  await page.getByRole('treegrid').waitFor();
  await page.keyboard.press(']');
  await page.waitForURL(`**${links[1]}`);
  await page.getByRole('treegrid').waitFor();
  await page.keyboard.press('[');
  await page.waitForURL(`**${links[0]}`);
});
