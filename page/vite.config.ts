import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
/** The files of onnxruntime-web; its WebAssembly is copied into a site by `dide site`, and so stays outside. */
const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));

/** The page as files that any folder of a server may hold: all addresses are relative. */
export default defineConfig({
  root: here,
  base: './',
  plugins: [preact()],
  resolve: {
    alias: {
      'dide/web': join(here, '../src/web.ts'),
      'onnxruntime-web/wasm': join(runtime, 'ort.wasm.min.mjs'),
      'onnxruntime-web/webgpu': join(runtime, 'ort.webgpu.min.mjs'),
    },
  },
  worker: { format: 'es' },
  build: {
    outDir: '../dist/page',
    rollupOptions: { input: ['index.html', 'train.html'].map((name) => join(here, name)) },
    emptyOutDir: true,
    target: 'es2022',
    // light-dark() and nesting stay as they are written
    cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
    // images of the style would be inlined otherwise, which the page's policy permits for pictures alone
    assetsInlineLimit: 0,
  },
});
