import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchForm } from '../testing/arbitraries';
import { kEmptyForm, parseForm, printForm, type SearchForm, withSpanNames } from './form';

function form(fields: Partial<SearchForm>): SearchForm {
  return { ...kEmptyForm, ...fields };
}

describe('printForm', () => {
  it('writes an empty form as the query for everything', () => {
    expect(printForm(kEmptyForm)).toBe('{}');
  });

  it('joins every filled field with &&', () => {
    expect(
      printForm(
        form({
          service: 'shop "one"',
          name: 'GET /',
          status: 'error',
          kind: 'server',
          minDuration: '100ms',
          maxDuration: '2s',
        }),
      ),
    ).toBe(
      '{ resource.service.name = "shop \\"one\\"" && name = "GET /" && status = error && kind = server && duration >= 100ms && duration <= 2s }',
    );
  });

  it.each([
    ['404', '{ span.k = 404 }'],
    ['true', '{ span.k = true }'],
    ['10ms', '{ span.k = 10ms }'],
    ['"404"', '{ span.k = "404" }'],
    ['GET', '{ span.k = "GET" }'],
    ['""', '{ span.k = "" }'],
  ])('writes the typed value %s as %s', (value, expected) => {
    const attributes = [{ scope: 'span', key: 'k', operator: '=', value }] as const;
    expect(printForm(form({ attributes }))).toBe(expected);
  });

  it('leaves out what is not complete yet', () => {
    expect(
      printForm(
        form({
          minDuration: '10',
          attributes: [
            { scope: 'any', key: '', operator: '=', value: 'x' },
            { scope: 'any', key: 'x', operator: '=', value: '' },
          ],
        }),
      ),
    ).toBe('{}');
  });

  it('quotes attribute names that would end early', () => {
    const attributes = [{ scope: 'any', key: 'a b"c', operator: '=~', value: '5' }] as const;
    expect(printForm(form({ attributes }))).toBe('{ ."a b\\"c" =~ "5" }');
  });
});

describe('parseForm', () => {
  it('reads back what printForm writes, for every complete form', () => {
    fc.assert(
      fc.property(searchForm, (original) => {
        const text = printForm(original);
        const read = parseForm(text);
        expect(read).not.toBeNull();
        expect(printForm(read as SearchForm)).toBe(text);
      }),
    );
  });

  it('gives the very same form back when values were typed in their shortest form', () => {
    const original = form({
      service: 'cart',
      status: 'ok',
      attributes: [
        { scope: 'span', key: 'http.route', operator: '!=', value: '/x' },
        { scope: 'resource', key: 'n', operator: '>', value: '5' },
        { scope: 'any', key: 'a b', operator: '=', value: '"5"' },
      ],
    });
    expect(parseForm(printForm(original))).toEqual(original);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `{ ${text} }`),
        ),
        (text) => {
          parseForm(text);
        },
      ),
    );
  });

  it.each([
    ['', kEmptyForm],
    ['  {}  ', kEmptyForm],
    ['{ true }', kEmptyForm],
    ['{name=`raw "text"`}', form({ name: 'raw "text"' })],
    ['{ span:status = error }', form({ status: 'error' })],
  ])('reads %j', (text, expected) => {
    expect(parseForm(text)).toEqual(expected);
  });

  it.each([
    '{ name = "a" || name = "b" }',
    '{ name = "a" } | count() > 2',
    '{ name = "a" } && { name = "b" }',
    '{ name = "a" && name = "b" }',
    '{ (name = "a") }',
    '{ name != "a" }',
    '{ duration > 1s }',
    '{ name = "a" && }',
    '{ name = "open }',
    '{ traceDuration > 1s }',
    '{ .a }',
    'name = "a"',
    '{ .a = .b }',
  ])('says that the form cannot show %j', (text) => {
    expect(parseForm(text)).toBeNull();
  });
});

describe('withSpanNames', () => {
  it('asks for names where the query does not', () => {
    expect(withSpanNames('{ status = error } ')).toBe('{ status = error && name =~ "(?s).*" }');
  });

  it.each([
    '',
    '{}',
    '{ name = "a" }',
    '{ .a = 1 || .b = 2 }',
    '{ .a = 1',
    '{ .a = 1 } | count() > 2',
  ])('leaves %j alone', (text) => {
    expect(withSpanNames(text)).toBe(text);
  });
});
