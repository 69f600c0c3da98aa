import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kServiceColourCount } from '../model/palette';

const css = readFileSync('src/styles/tokens.css', 'utf8');

function tokensOf(selector: string): Map<string, string> {
  const blocks = css.split('\n}').filter((block) => block.includes(`${selector} {`));
  const tokens = new Map<string, string>();
  for (const block of blocks) {
    for (const [, name, value] of block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)) {
      tokens.set(name, value);
    }
  }
  return tokens;
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ['light', tokensOf(':root')],
  ['dark', tokensOf(':root[data-theme="dark"]')],
])('%s theme', (_name, tokens) => {
  const token = (name: string) => {
    const value = tokens.get(name);
    if (value === undefined) {
      throw new Error(`no token --${name}`);
    }
    return value;
  };
  const surfaces = ['page', 'surface', 'sunken', 'hover', 'selected'];

  it('has text of 4.5:1 on every surface', () => {
    for (const text of ['text', 'text-soft', 'text-faint', 'accent']) {
      for (const surface of surfaces) {
        expect(contrast(token(text), token(surface)), `${text} on ${surface}`).toBeGreaterThan(4.5);
      }
    }
    for (const [text, surface] of [
      ['on-accent', 'accent'],
      ['on-accent', 'accent-hover'],
      ['error', 'surface'],
      ['error', 'error-soft'],
      ['error', 'selected'],
      ['text', 'error-soft'],
      ['warn', 'surface'],
      ['warn', 'warn-soft'],
      ['ok', 'surface'],
    ]) {
      expect(contrast(token(text), token(surface)), `${text} on ${surface}`).toBeGreaterThan(4.5);
    }
  });

  it('has service colours and borders of 3:1 on every surface a bar may lie on', () => {
    const marks = Array.from({ length: kServiceColourCount }, (_, index) => `service-${index}`);
    for (const mark of [...marks, 'line-strong']) {
      for (const surface of ['page', 'surface', 'hover', 'selected']) {
        expect(contrast(token(mark), token(surface)), `${mark} on ${surface}`).toBeGreaterThan(3);
      }
    }
  });
});
