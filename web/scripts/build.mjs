// Builds the pages and checks their sizes.
//
//   node scripts/build.mjs [--outDir FOLDER] [--emptyOutDir]     (FOLDER: web/dist if not given)

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
process.exitCode = checkBudgets(outDir) ? 0 : 1;
