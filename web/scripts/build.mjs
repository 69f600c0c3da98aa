// Builds the pages and checks their sizes.
//
//   node scripts/build.mjs [--outDir FOLDER] [--emptyOutDir]     (FOLDER: web/dist if not given)

import { appendFileSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { checkBudgets } from './check_budgets.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const { values: options } = parseArgs({
  options: {
    outDir: { type: 'string', default: join(root, 'dist') },
    // Taken for whoever is used to Vite's options; the folder is always emptied.
    emptyOutDir: { type: 'boolean', default: true },
  },
});

const outDir = resolve(options.outDir);
await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
// Vite lists the licences of scripts; those of the fonts are added here.
for (const font of ['inter', 'jetbrains-mono']) {
  const license = join(root, 'node_modules', '@fontsource-variable', font, 'LICENSE');
  const text = readFileSync(license, 'utf8');
  appendFileSync(join(outDir, 'licenses.txt'), `\n## Font: ${font} (OFL-1.1)\n\n${text}`);
}
process.exitCode = checkBudgets(outDir) ? 0 : 1;
