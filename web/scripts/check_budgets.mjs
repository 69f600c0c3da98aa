// The sizes of the built files against the budgets, over Vite's manifest.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const kKilobyte = 1000;

// Bytes after gzip. The first load holds every script that index.html needs before it can draw.
const kBudgets = {
  'first load script': 180 * kKilobyte,
  css: 20 * kKilobyte,
  'everything in the binary': 700 * kKilobyte,
};

// Already compressed; gzip would only add to them.
const kCompressed = new Set(['.woff2', '.png']);

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

function gzipSize(path) {
  const bytes = readFileSync(path);
  return kCompressed.has(extname(path)) ? bytes.length : gzipSync(bytes, { level: 9 }).length;
}

/** The files that an entry loads before it runs: itself and its static imports. */
function firstLoad(manifest, entry, seen = new Set()) {
  if (!seen.has(entry.file)) {
    seen.add(entry.file);
    for (const name of entry.imports ?? []) {
      firstLoad(manifest, manifest[name], seen);
    }
  }
  return seen;
}

/**
 * Prints the sizes of the files in `dist` and removes Vite's manifest, because everything there is
 * served. Returns false when a budget is exceeded, so that a build over budget fails.
 */
export function checkBudgets(dist) {
  const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));
  const entry = manifest['index.html'];
  if (entry === undefined) {
    throw new Error(`${dist}/.vite/manifest.json names no index.html`);
  }
  const sum = (paths) => paths.reduce((total, path) => total + gzipSize(path), 0);
  const all = listFiles(dist).filter((path) => !relative(dist, path).startsWith('.vite'));
  const sizes = {
    'first load script': sum([
      ...[...firstLoad(manifest, entry)].map((file) => join(dist, file)),
      join(dist, 'theme.js'),
    ]),
    css: sum(all.filter((path) => extname(path) === '.css')),
    'everything in the binary': sum(all),
  };
  let isWithin = true;
  for (const [name, budget] of Object.entries(kBudgets)) {
    const isOver = sizes[name] > budget;
    isWithin &&= !isOver;
    const size = (sizes[name] / kKilobyte).toFixed(1);
    console.log(
      `web: ${name} ${size} KB gzip of ${budget / kKilobyte} KB${isOver ? ': OVER BUDGET' : ''}`,
    );
  }
  rmSync(join(dist, '.vite'), { recursive: true });
  return isWithin;
}
