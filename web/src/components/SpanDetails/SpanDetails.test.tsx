import { cleanup, fireEvent, screen } from '@testing-library/react';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { formatValue } from '../../model/format';
import type { Attribute } from '../../model/otlp';
import { buildTrace } from '../../model/trace';
import { parseForm } from '../../query/form';
import { attributes, makeSpan, serviceResource } from '../../testing/arbitraries';
import { renderAt } from '../../testing/render';
import { attributeQuery } from './AttributeList';
import { flagsText, SpanDetails } from './SpanDetails';

function show(span: Parameters<typeof makeSpan>[0]) {
  const made = makeSpan(span);
  renderAt(
    '/',
    <SpanDetails
      trace={buildTrace(made.traceId, [made])}
      index={0}
      serviceColours={[0]}
      link={null}
      onClose={() => undefined}
      onZoom={() => undefined}
    />,
  );
  return screen.getByTestId('span-details');
}

function text(key: string, value: string): Attribute {
  return { key, value: { kind: 'string', text: value } };
}

describe('SpanDetails', () => {
  afterEach(cleanup);

  it('shows every attribute, whatever its type', () => {
    fc.assert(
      fc.property(attributes, (list) => {
        const shown = show({ attributes: list }).textContent ?? '';
        for (const attribute of list) {
          const value = formatValue(attribute.value);
          expect(shown).toContain(attribute.key);
          expect(shown).toContain(value.length > 280 ? value.slice(0, 280) : value);
        }
        cleanup();
      }),
      { numRuns: 30 },
    );
  });

  it('shows resource, scope, events and links with their own fields', () => {
    const shown = show({
      resource: { ...serviceResource('shop'), droppedAttributesCount: 4, schemaUrl: 'schema-r' },
      scope: {
        name: 'lib',
        version: '9.9',
        attributes: [text('scope.key', 'scope value')],
        droppedAttributesCount: 1,
        schemaUrl: 'schema-s',
      },
      events: [
        {
          time: 2_000_000n as never,
          name: 'retry',
          attributes: [text('event.key', 'event value')],
          droppedAttributesCount: 0,
        },
      ],
      links: [
        {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          traceState: 'link=state',
          attributes: [text('link.key', 'link value')],
          droppedAttributesCount: 0,
          flags: 1,
        },
      ],
      traceState: 'span=state',
      flags: 0x301,
      statusCode: 'error',
      statusMessage: 'it broke',
      droppedEventsCount: 2,
    }).textContent;
    for (const part of [
      'shop',
      'schema-r',
      'The sender dropped 4 attributes.',
      'lib',
      '9.9',
      'scope value',
      'schema-s',
      'retry',
      '+2 ms',
      'event value',
      'a'.repeat(32),
      'link=state',
      'link value',
      'span=state',
      '0x00000301 (sampled, parent is remote)',
      'it broke',
      'The sender dropped 2 events.',
    ]) {
      expect(shown).toContain(part);
    }
  });

  it('folds long values and unfolds them on demand', () => {
    const long = 'x'.repeat(5000);
    const shown = show({ attributes: [text('big', long)] });
    expect(shown.textContent).not.toContain(long);
    fireEvent.click(screen.getByRole('button', { name: 'Show all 5,000 characters' }));
    expect(shown.textContent).toContain(long);
  });

  it('warns about times that run backwards', () => {
    expect(show({ start: 9, end: 5 }).textContent).toContain('Ends before it starts.');
  });
});

describe('attributeQuery', () => {
  it('is a query that the form can read back, or none', () => {
    fc.assert(
      fc.property(attributes, (list) => {
        for (const attribute of list) {
          const query = attributeQuery('span', attribute);
          if (query !== null) {
            expect(parseForm(query)?.attributes).toHaveLength(1);
          }
        }
      }),
    );
  });

  it('keeps a text that looks like a number a text', () => {
    expect(attributeQuery('span', text('code', '404'))).toBe('{ span.code = "404" }');
    const number: Attribute = { key: 'code', value: { kind: 'int', text: '404' } };
    expect(attributeQuery('span', number)).toBe('{ span.code = 404 }');
  });
});

describe('flagsText', () => {
  it('names the bits that OTLP defines', () => {
    expect(flagsText(0)).toBe('0x00000000 (not sampled)');
    expect(flagsText(0x101)).toBe('0x00000101 (sampled, parent is local)');
  });
});
