import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The folders of src/ from the bottom up; a file uses its own folder and those before it. */
const kLayers = ['base', 'model', 'query', 'url', 'api', 'texts', 'app', 'components', 'pages'];

describe.each(kLayers)('src/%s', (layer) => {
  const files = readdirSync(join('src', layer), { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.tsx?$/.test(name) && !name.includes('.test.'),
  );

  it('uses only what stands below it', () => {
    const allowed = new Set(kLayers.slice(0, kLayers.indexOf(layer) + 1));
    const wrong: string[] = [];
    for (const file of files) {
      const depth = file.split('/').length;
      for (const [, up, folder] of readFileSync(join('src', layer, file), 'utf8').matchAll(
        /from '((?:\.\.\/)+)([\w-]+)/g,
      )) {
        if (up.length / 3 >= depth && !allowed.has(folder)) {
          wrong.push(`${file} uses ${folder}`);
        }
      }
    }
    expect(files.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });
});
