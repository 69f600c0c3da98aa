import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeDocument } from '../../model/encode_otlp';
import { makeSpan, serviceResource } from '../../testing/arbitraries';
import { fakeFetch, renderAt } from '../../testing/render';
import { TracePage } from './TracePage';

const kId = 'a'.repeat(32);
const shop = serviceResource('shop');

function id(number: number): string {
  return number.toString(16).padStart(16, '0');
}

const root = makeSpan({ traceId: kId, spanId: id(1), name: 'root', end: 100, resource: shop });
const child = makeSpan({
  traceId: kId,
  spanId: id(2),
  parentSpanId: id(1),
  name: 'child',
  start: 10,
  end: 20,
  statusCode: 'error',
  resource: shop,
});

function answer(spans: Parameters<typeof encodeDocument>[0], more = {}) {
  return { '/api/v2/traces/': { body: { trace: encodeDocument(spans), ...more } } };
}

const activeRow = () => {
  const grid = screen.getByRole('treegrid');
  const row = grid.getAttribute('aria-activedescendant');
  return row === null ? null : document.getElementById(row)?.textContent;
};

describe('TracePage', () => {
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
  });

  it('asks for the padded id and shows the rows', async () => {
    const asked = fakeFetch(answer([root, child]));
    renderAt('/trace/ab', <TracePage id="AB" />);
    const grid = await screen.findByRole('treegrid');
    expect(asked).toEqual([`/api/v2/traces/${'ab'.padStart(32, '0')}`]);
    expect(grid.getAttribute('aria-rowcount')).toBe('3');
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('root');
  });

  it('moves with keys and opens the details', async () => {
    fakeFetch(answer([root, child]));
    renderAt(`/trace/${kId}`, <TracePage id={kId} />);
    await screen.findByRole('treegrid');
    fireEvent.keyDown(document.body, { key: 'j' });
    expect(activeRow()).toContain('root');
    fireEvent.keyDown(document.body, { key: 'ArrowLeft' });
    expect(activeRow()).toContain('1 span hidden');
    fireEvent.keyDown(document.body, { key: 'e' });
    expect(activeRow()).toContain('child');
    expect(screen.getByTestId('span-details').textContent).toContain('child');
    fireEvent.keyDown(document.body, { key: 'Escape' });
    expect(screen.queryByTestId('span-details')).toBeNull();
  });

  it('opens the span of the link and writes the selection back', async () => {
    fakeFetch(answer([root, child]));
    const { history } = renderAt(`/trace/${kId}?span=${id(2)}`, <TracePage id={kId} />);
    expect((await screen.findByTestId('span-details')).textContent).toContain('child');
    fireEvent.keyDown(document.body, { key: 'k' });
    await waitFor(() => expect(history.at(-1)).toBe(`/trace/${kId}?span=${id(1)}`));
  });

  it('keeps the selection when a reload brings more spans', async () => {
    fakeFetch(answer([root, child]));
    renderAt(`/trace/${kId}?span=${id(2)}`, <TracePage id={kId} />);
    await screen.findByTestId('span-details');
    const earlier = makeSpan({ ...child, spanId: id(3), name: 'earlier', start: 1, end: 2 });
    fakeFetch(answer([root, earlier, child]));
    fireEvent.click(screen.getByRole('button', { name: 'Reload' }));
    await waitFor(() =>
      expect(screen.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('4'),
    );
    expect(activeRow()).toContain('child');
    expect(screen.getByTestId('span-details').textContent).toContain(id(2));
  });

  it('says when the server left spans out', async () => {
    fakeFetch(answer([root], { status: 'PARTIAL', message: 'exceeds the size' }));
    renderAt(`/trace/${kId}`, <TracePage id={kId} />);
    await screen.findByText('Not the whole trace: exceeds the size');
  });

  it('says when a trace is unknown, and looks again on request', async () => {
    fakeFetch({ '/api/v2/traces/': { body: { trace: {} } } });
    renderAt(`/trace/${kId}`, <TracePage id={kId} />);
    await screen.findByText('No such trace');
    fakeFetch(answer([root]));
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByRole('treegrid');
  });

  it('refuses what is no trace id without asking', () => {
    const asked = fakeFetch({});
    renderAt('/trace/xyz', <TracePage id="xyz" />);
    expect(screen.getByText('A trace id has 1 to 32 hex digits.')).toBeTruthy();
    expect(asked).toEqual([]);
  });

  it('shows the server’s words', async () => {
    fakeFetch({ '/api/v2/traces/': { status: 503, body: 'too busy, try again in 2 s' } });
    renderAt(`/trace/${kId}`, <TracePage id={kId} />);
    expect((await screen.findByRole('alert')).textContent).toContain('too busy, try again in 2 s');
  });
});
