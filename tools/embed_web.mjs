// Packs web/dist into one file of compressed bytes and an index that src/app includes.
//
//   node tools/embed_web.mjs DIST OUTPUT_FOLDER
//
// writes OUTPUT_FOLDER/web_assets.bin (all compressed variants, one after another) and
// OUTPUT_FOLDER/web_assets_index.inc (one WEB_ASSET(...) line a file). Every file is stored as
// gzip and as brotli, never plain: a client that takes neither gets it inflated.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const contentTypes = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
};

const [dist, output] = process.argv.slice(2);
if (!dist || !output) {
  console.error('usage: node tools/embed_web.mjs DIST OUTPUT_FOLDER');
  process.exit(2);
}

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .filter((path) => !relative(dist, path).startsWith(`.vite${sep}`))
  .sort();
if (!files.some((path) => relative(dist, path) === 'index.html')) {
  console.error(`${dist} holds no index.html: build the web UI first`);
  process.exit(1);
}

const parts = [];
const lines = [];
let offset = 0;
const add = (bytes) => {
  const start = offset;
  parts.push(bytes);
  offset += bytes.length;
  return `${start}, ${bytes.length}`;
};
for (const path of files) {
  const name = `/${relative(dist, path).split(sep).join('/')}`;
  const extension = name.split('.').pop();
  const contentType = contentTypes[extension];
  if (!contentType) {
    console.error(`${name}: no content type known for .${extension}; add it to tools/embed_web.mjs`);
    process.exit(1);
  }
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 });
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  // Vite puts a hash of the content into these names, so they never change.
  const immutable = name.startsWith('/assets/');
  lines.push(
    `WEB_ASSET(${JSON.stringify(name)}, ${JSON.stringify(contentType)}, "${tag}", ${immutable}, ` +
      `${bytes.length}, ${add(gzip)}, ${add(brotli)})`,
  );
}
mkdirSync(output, { recursive: true });
writeFileSync(join(output, 'web_assets.bin'), Buffer.concat(parts));
writeFileSync(join(output, 'web_assets_index.inc'), `${lines.join('\n')}\n`);
console.log(`web assets: ${files.length} files, ${offset} bytes compressed`);
