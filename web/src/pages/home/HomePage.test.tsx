import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeLocalFile } from '../../app/local_traces';
import { encodeDocument } from '../../model/encode_otlp';
import { makeSpan } from '../../testing/arbitraries';
import { fakeFetch, renderAt } from '../../testing/render';
import { HomePage } from './HomePage';

const kCounters = {
  connections: 0,
  requests: 0,
  bytes: 0,
  acceptedSpans: 0,
  refusedSpans: 0,
  lastRefusal: null,
  lastTraceId: null,
  otlpHttp: '127.0.0.1:14318',
  otlpGrpc: '127.0.0.1:14317',
};
const kOld = { traces: [{ traceID: 'ab', rootServiceName: 'shop', rootTraceName: 'GET /old' }] };
const kEmptyStore = {
  '/api/search?': { body: { traces: [] } },
  '/vivace/v1/first-data': { body: kCounters },
  '/api/status/buildinfo': { body: { version: '3.0.3+vivace.0.1.0' } },
};

function chooseFile(name: string, content: string) {
  const file = new File([content], name, { type: 'application/json' });
  fireEvent.change(screen.getByLabelText('Choose a file'), { target: { files: [file] } });
}

describe('HomePage', () => {
  afterEach(() => {
    cleanup();
    closeLocalFile();
    vi.unstubAllGlobals();
  });

  it('offers three ways while the store is empty', async () => {
    fakeFetch(kEmptyStore);
    renderAt('/', <HomePage />);
    await screen.findByRole('heading', { name: 'See your first trace' });
    await screen.findByText('Waiting. Nothing yet on 127.0.0.1:14318 or 127.0.0.1:14317.');
    expect(
      screen.getAllByText(/OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/127\.0\.0\.1:14318/),
    ).toBeTruthy();
    await screen.findByText('Vivace 0.1.0');
  });

  it('lists older traces when the last hour was quiet', async () => {
    const asked = fakeFetch(kEmptyStore);
    vi.stubGlobal('fetch', (input: string) => {
      asked.push(input);
      const body = input.startsWith('/api/search?')
        ? input.includes('start=')
          ? { traces: [] }
          : kOld
        : kCounters;
      return Promise.resolve(new Response(JSON.stringify(body)));
    });
    renderAt('/', <HomePage />);
    await screen.findByRole('link', { name: 'GET /old' });
    expect(screen.getByRole('heading', { name: 'Recent traces' })).toBeTruthy();
  });

  it('goes to the demo trace', async () => {
    const traceId = 'd'.repeat(32);
    fakeFetch({ ...kEmptyStore, '/vivace/v1/demo-trace': { body: { traceId, spans: 56 } } });
    const { history } = renderAt('/', <HomePage />);
    fireEvent.click(await screen.findByRole('button', { name: 'Send a demo trace' }));
    await waitFor(() => expect(history.at(-1)).toBe(`/trace/${traceId}`));
  });

  it('says why the demo trace was not taken', async () => {
    fakeFetch({
      ...kEmptyStore,
      '/vivace/v1/demo-trace': { status: 503, body: 'the log is full; free some disk' },
    });
    renderAt('/', <HomePage />);
    fireEvent.click(await screen.findByRole('button', { name: 'Send a demo trace' }));
    expect((await screen.findByRole('alert')).textContent).toContain('free some disk');
  });

  it('opens a file without sending it, and keeps it on request', async () => {
    const asked = fakeFetch({
      ...kEmptyStore,
      '/vivace/v1/import': {
        body: { acceptedSpans: 1, rejectedSpans: 2, errorMessage: 'bad id', traceIds: ['c1'] },
      },
    });
    renderAt('/', <HomePage />);
    await screen.findByRole('heading', { name: 'See your first trace' });
    chooseFile('a.json', JSON.stringify(encodeDocument([makeSpan({ name: 'from file' })])));
    const link = await screen.findByRole('link', { name: 'from file' });
    expect(link.getAttribute('href')).toBe(`/local/${'1'.padStart(32, '0')}`);
    expect(asked.some((path) => path.includes('import'))).toBe(false);
    fireEvent.click(screen.getByRole('button', { name: 'Keep in Vivace' }));
    await screen.findByText('Kept: 1 span stored.');
    expect(screen.getByText('2 spans refused: bad id')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Close the file' }));
    expect(screen.queryByText('a.json')).toBeNull();
  });

  it('says what is wrong with a file', async () => {
    fakeFetch(kEmptyStore);
    renderAt('/', <HomePage />);
    await screen.findByRole('heading', { name: 'See your first trace' });
    chooseFile('b.json', '{"resourceSpans": []}');
    expect((await screen.findByRole('alert')).textContent).toBe('The file holds no spans.');
  });
});
