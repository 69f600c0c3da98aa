import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeFetch, renderAt } from '../../testing/render';
import { ExplorePage } from './ExplorePage';

const kOneTrace = {
  traces: [
    {
      traceID: 'ab',
      rootServiceName: 'shop',
      rootTraceName: 'GET /basket',
      startTimeUnixNano: '1700000000000000000',
      durationMs: 12,
      spanSets: [{ spans: [{ spanID: 'cd', name: 'query', durationNanos: '5000' }], matched: 3 }],
      serviceStats: { shop: { spanCount: 4, errorCount: 1 } },
    },
  ],
};

const queryText = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'TraceQL' });

function parameters(asked: readonly string[]): URLSearchParams {
  const last = asked.filter((path) => path.startsWith('/api/search?')).at(-1) ?? '';
  return new URLSearchParams(last.split('?')[1]);
}

describe('ExplorePage', () => {
  beforeEach(() => {
    vi.useRealTimers();
  });
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
  });

  it('asks for what the URL says and lists the answer', async () => {
    const asked = fakeFetch({ '/api/search?': { body: kOneTrace } });
    renderAt('/explore?q=%7B+status+%3D+error+%7D&limit=50', <ExplorePage />);
    const link = await screen.findByRole('link', { name: 'GET /basket' });
    expect(link.getAttribute('href')).toBe(`/trace/${'ab'.padStart(32, '0')}`);
    expect(parameters(asked).get('q')).toBe('{ status = error && name =~ "(?s).*" }');
    expect(parameters(asked).get('limit')).toBe('50');
    expect(Number(parameters(asked).get('end')) - Number(parameters(asked).get('start'))).toBe(
      3600,
    );
    expect(screen.getByText('12 ms')).toBeTruthy();
  });

  it('asks for every trace when there is no query', async () => {
    const asked = fakeFetch({ '/api/search?': { body: {} } });
    renderAt('/explore', <ExplorePage />);
    await screen.findByText('No trace matches');
    expect(parameters(asked).get('q')).toBe('{}');
  });

  it('writes the form into the text, and the text into the form', async () => {
    fakeFetch({ '/api/search?': { body: {} } });
    renderAt('/explore', <ExplorePage />);
    fireEvent.change(screen.getByLabelText('Span name'), { target: { value: 'GET /' } });
    fireEvent.change(screen.getByLabelText('Kind'), { target: { value: 'client' } });
    expect(queryText().value).toBe('{ name = "GET /" && kind = client }');
    fireEvent.change(queryText(), { target: { value: '{ status = ok && duration >= 5ms }' } });
    expect(screen.getByLabelText<HTMLSelectElement>('Status').value).toBe('ok');
    expect(screen.getByLabelText<HTMLInputElement>('Min duration').value).toBe('5ms');
    expect(screen.getByLabelText<HTMLInputElement>('Span name').value).toBe('');
  });

  it('keeps a half-typed duration in the form and out of the query', () => {
    fakeFetch({ '/api/search?': { body: {} } });
    renderAt('/explore', <ExplorePage />);
    fireEvent.change(screen.getByLabelText('Min duration'), { target: { value: '10' } });
    expect(queryText().value).toBe('');
    expect(screen.getByLabelText<HTMLInputElement>('Min duration').value).toBe('10');
    expect(screen.getByText(/A number and a unit/)).toBeTruthy();
  });

  it('puts the query into the URL when it is run', async () => {
    fakeFetch({ '/api/search?': { body: {} } });
    const { history } = renderAt('/explore?range=6h', <ExplorePage />);
    fireEvent.change(queryText(), { target: { value: '{ .a = 1 }' } });
    fireEvent.click(screen.getByRole('button', { name: 'Run query' }));
    await waitFor(() => expect(history.at(-1)).toBe('/explore?q=%7B+.a+%3D+1+%7D&range=6h'));
  });

  it('asks again when the same query is run again', async () => {
    const asked = fakeFetch({ '/api/search?': { body: {} } });
    renderAt('/explore', <ExplorePage />);
    await screen.findByText('No trace matches');
    expect(asked).toHaveLength(1);
    fireEvent.click(screen.getByRole('button', { name: 'Run query' }));
    await waitFor(() => expect(asked).toHaveLength(2));
  });

  it('shows the server’s words about a bad query', async () => {
    fakeFetch({ '/api/search?': { status: 400, body: 'invalid TraceQL query: col 3: no\n' } });
    renderAt('/explore?q=%7B', <ExplorePage />);
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain('invalid TraceQL query: col 3: no');
    expect(alert.textContent).toContain('400');
  });

  it('says when the server does not answer, and when its answer is nonsense', async () => {
    fakeFetch({});
    renderAt('/explore', <ExplorePage />);
    expect((await screen.findByRole('alert')).textContent).toContain('does not answer');
    fakeFetch({ '/api/search?': { body: '<html>' } });
    renderAt('/explore?limit=50', <ExplorePage />);
    expect((await screen.findByRole('alert')).textContent).toContain('could not be read');
  });

  it('unfolds the spans that matched', async () => {
    fakeFetch({ '/api/search?': { body: kOneTrace } });
    renderAt('/explore?q=%7B+status+%3D+error+%7D', <ExplorePage />);
    fireEvent.click(await screen.findByRole('button', { name: 'Show matching spans: 3' }));
    const link = screen.getByRole('link', { name: 'query' });
    expect(link.getAttribute('href')).toContain('?span=00000000000000cd');
    expect(screen.getByText('2 more in this trace')).toBeTruthy();
  });
});
