import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { runtimeFiles } from '../../src/server.ts';

const places = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Path of a Chromium; undefined where there is none, and tests of the page are left out. */
export const chromiumPath = places.find((path) => path !== '' && existsSync(path));

/** Starts a browser without a window and, unless it is said otherwise, without a graphics processor. */
export const openBrowser = async (
  args: readonly string[] = [],
  { hasGpu = false }: { readonly hasGpu?: boolean } = {},
): Promise<Browser> =>
  await chromium.launch({
    executablePath: chromiumPath!,
    args: ['--no-sandbox', ...(hasGpu ? [] : ['--disable-gpu']), ...args],
  });

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folder of onnxruntime-web's files. */
export const runtimeFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));

/** Writes a page that has `dide/web` and onnxruntime-web as the names `web` and `ort`. */
export const writeHarness = async (folder: string): Promise<void> => {
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: {
        'onnxruntime-web/wasm': join(runtimeFolder, 'ort.wasm.min.mjs'),
        'onnxruntime-web/webgpu': join(runtimeFolder, 'ort.webgpu.min.mjs'),
      },
    },
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      lib: { entry: join(root, 'test/web/harness.ts'), formats: ['es'], fileName: () => 'harness.js' },
    },
  });
  await mkdir(join(folder, 'runtime'), { recursive: true });
  const ofGpu = ['mjs', 'wasm'].map((kind) => `ort-wasm-simd-threaded.asyncify.${kind}`);
  for (const name of [...runtimeFiles, ...ofGpu])
    await copyFile(join(runtimeFolder, name), join(folder, 'runtime', name));
  const head = '<meta charset="utf-8"><title>harness</title><link rel="icon" href="data:,">';
  await writeFile(
    join(folder, 'harness.html'),
    `<!doctype html>${head}<script type="module" src="harness.js"></script>`,
  );
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
};

/** A plain server of files, as hosts of static pages are, under the path `/some/place/`. */
export interface FileServer extends AsyncDisposable {
  /** Address of the folder, with a slash at its end. */
  readonly url: string;
}

/** Options of `serveFiles`. */
export interface ServingOptions {
  /** Whether pages are isolated from other origins, by the headers COOP and COEP. */
  readonly isolated: boolean;
}

export const serveFiles = async (folder: string, { isolated }: ServingOptions): Promise<FileServer> => {
  const isolation = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname);
    const inside = path.startsWith('/some/place/') ? normalize(path.slice('/some/place/'.length)) : '..';
    const file = join(
      folder,
      inside === '' || inside === '.' || inside.endsWith('/') ? join(inside, 'index.html') : inside,
    );
    const sent = inside.startsWith('..') ? Promise.reject(new Error('outside')) : readFile(file);
    sent.then(
      (bytes) => {
        const type = types[extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, {
          'content-type': type,
          'content-length': bytes.length,
          ...(isolated ? isolation : {}),
        });
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/some/place/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Opens an address, and collects what goes wrong: errors of the page, and requests to other origins. */
export const openPage = async (browser: Browser, address: string) => {
  const page: Page = await browser.newPage();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => errors.push(`${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && new URL(url).origin !== new URL(address).origin) foreign.push(url);
  });
  await page.goto(address);
  return { page, errors, foreign };
};
