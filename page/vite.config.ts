import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** The page as files that any folder of a server may hold: all addresses are relative. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [preact()],
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // light-dark() and nesting stay as they are written
    cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
    // images of the style would be inlined otherwise, which the page's policy permits for pictures alone
    assetsInlineLimit: 0,
  },
});
