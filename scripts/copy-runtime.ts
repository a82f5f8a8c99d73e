/** Copies the files of onnxruntime-web that a site runs into dist/runtime, from where `dide site` takes them. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runtimeFiles } from '../src/server.ts';

const from = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
const to = fileURLToPath(new URL('../dist/runtime', import.meta.url));
mkdirSync(to, { recursive: true });
for (const name of runtimeFiles) copyFileSync(join(from, name), join(to, name));
