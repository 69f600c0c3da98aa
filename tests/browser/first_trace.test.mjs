// The start page, from an empty store to the first traces.

import assert from 'node:assert/strict';
import {
  accessFindings,
  eventually,
  nowNanoseconds,
  pageTest,
  send,
  sendRefused,
  useBrowser,
} from './harness.mjs';
import { shopTrace } from './traces.mjs';

useBrowser();

for (const theme of ['light', 'dark']) {
  pageTest(`the empty start page offers three ways (${theme})`, { theme }, async (page) => {
    await page.goto('/');
    await page.getByRole('heading', { name: 'See your first trace' }).waitFor();
    for (const name of ['Send a demo trace', 'Connect an app', 'Open a file']) {
      await page.getByRole('region', { name }).waitFor();
    }
    await page.getByText('Waiting. Nothing yet on').waitFor();
    assert.deepEqual(await accessFindings(page), []);
  });
}

pageTest(
  'the settings to connect an app can be copied',
  { permissions: ['clipboard-read', 'clipboard-write'] },
  async (page) => {
    await page.goto('/');
    await page.getByText('Waiting. Nothing yet on').waitFor();
    await page.getByRole('button', { name: 'Copy: Set' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/127\.0\.0\.1:\d+/);
    await page.getByRole('tab', { name: 'curl' }).click();
    await page.getByText('/v1/traces -H').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.getByText('otlp/vivace:').waitFor();
  },
);

pageTest('a file is opened in the browser and then kept', {}, async (page) => {
  const traceId = `c0ffee${'0'.repeat(25)}1`;
  await page.goto('/');
  await page.getByLabel('Choose a file').setInputFiles({
    name: 'order.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(shopTrace(traceId, nowNanoseconds()))),
  });
  await page.getByText('In this browser only').waitFor();
  await page.getByRole('link', { name: 'POST /order' }).click();
  await page.waitForURL(`**/local/${traceId}`);
  await page.getByText('From a file, in this browser only').waitFor();
  await page.getByRole('treegrid').waitFor();

  await page.goBack();
  await page.getByText('order.json').waitFor();
  await page.getByRole('button', { name: 'Keep in Vivace' }).click();
  await page.getByText('Kept: 35 spans stored.').waitFor();
  await page.getByRole('link', { name: 'Open trace', exact: true }).click();
  await page.waitForURL(`**/trace/${traceId}`);
  await page.getByRole('heading', { name: 'POST /order' }).waitFor();
});

pageTest('a file that is no trace is refused with a reason', {}, async (page) => {
  await page.goto('/');
  const input = page.getByLabel('Choose a file');
  await input.setInputFiles({
    name: 'notes.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"notes": []}'),
  });
  await page.getByText('expected "resourceSpans", found "notes"').waitFor();
});

pageTest('a local trace that is gone says so', {}, async (page) => {
  await page.goto(`/local/${'1'.repeat(32)}`);
  await page.getByRole('heading', { name: 'This trace is no longer open' }).waitFor();
});

pageTest('the live line follows what arrives', {}, async (page) => {
  await page.goto('/');
  await page.getByText('Waiting. Nothing yet on').waitFor();
  await sendRefused();
  await page.getByText('Refused over').waitFor();
  const traceId = `11fe${'0'.repeat(27)}2`;
  await send(shopTrace(traceId, nowNanoseconds()));
  await page.getByText('35 spans received.').waitFor();
  await page.getByRole('link', { name: 'Open the newest trace' }).click();
  await page.waitForURL(/\/trace\/[0-9a-f]{32}$/);
});

pageTest('the demo trace is made by the server and shown', {}, async (page) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Send a demo trace' }).click();
  await page.waitForURL(/\/trace\/[0-9a-f]{32}$/);
  await page.getByRole('treegrid').waitFor();
  const rows = await eventually('rows of the demo trace', async () => {
    const count = await page.getByRole('treegrid').getAttribute('aria-rowcount');
    return Number(count) > 10 ? Number(count) : 0;
  });
  assert.ok(rows > 10);
});

pageTest('the licences of what is bundled are served', {}, async (page) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Licences' }).click();
  await page.waitForURL('**/licenses.txt');
  const text = await page.locator('body').innerText();
  for (const name of ['react-dom', '@tanstack/react-query', 'Font: inter']) {
    assert.ok(text.includes(name), name);
  }
});

pageTest('the start page lists recent traces once there are some', {}, async (page) => {
  await send(shopTrace(`11fe${'0'.repeat(27)}3`, nowNanoseconds()));
  await page.goto('/');
  await page.getByRole('heading', { name: 'Recent traces' }).waitFor();
  await page.getByRole('table', { name: 'Recent traces' }).waitFor();
  await page.getByRole('link', { name: 'POST /order' }).first().click();
  await page.waitForURL(/\/trace\/[0-9a-f]{32}$/);
});
