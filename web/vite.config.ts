import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds a server: a started `vivace serve`, or the fake one in tests/browser.
const backend = 'http://127.0.0.1:3200';

export default defineConfig({
  plugins: [react()],
  build: {
    manifest: true,
    // The licences of what is bundled go with it, at /licenses.txt.
    license: { fileName: 'licenses.txt' },
    // The content security policy allows fonts and images from files only, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // scripts/build.mjs fails over the budget; Vite's own limit only warns.
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: { '/api': backend, '/vivace': backend },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
  },
});
