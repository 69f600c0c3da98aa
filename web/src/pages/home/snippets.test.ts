import { describe, expect, it } from 'vitest';
import { recipes } from './snippets';

describe('recipes', () => {
  const list = recipes('box:14318', 'box:14317');

  it('name the address that takes spans, in every one of them', () => {
    for (const recipe of list) {
      const code = recipe.snippets.map((snippet) => snippet.code).join('\n');
      expect(code, recipe.id).toMatch(/box:1431[78]/);
    }
  });

  it('send a span by curl whose body is JSON once the shell has filled it in', () => {
    const code = list.find((recipe) => recipe.id === 'curl')?.snippets[0].code ?? '';
    const body = /-d '(.*)'$/s.exec(code)?.[1] ?? '';
    const filled = body
      .replaceAll(/'\$\(openssl rand -hex (\d+)\)'/g, (_, bytes: string) =>
        'a1'.repeat(Number(bytes)),
      )
      .replaceAll("'$(date +%s)'", '1700000000');
    const document: unknown = JSON.parse(filled);
    expect(JSON.stringify(document)).toContain('"startTimeUnixNano":"1700000000000000000"');
    expect(JSON.stringify(document)).toContain(`"traceId":"${'a1'.repeat(16)}"`);
  });
});
