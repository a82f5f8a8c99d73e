import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, vi } from 'vitest';
import { encodePng } from '../../src/data.ts';
import { cacheImages, loadModel } from '../../src/index.ts';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { mulberry32, seedFor } from '../../src/studies/mulberry32.ts';
import { renderScene } from '../../src/studies/scenes/render.ts';
import { drawScene, worlds } from '../../src/studies/scenes/world.ts';
import { type ServingProcess, startServing } from '../service/process.fixture.ts';

// a browser, a service and their start on a machine that may be slow
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine: that of CHROMIUM, or one that a package installed. */
export const chromiumPath = process.env.CHROMIUM ?? places.find((place) => existsSync(place));

/** Tests that need a browser, skipped where there is none. */
export const describeInBrowser = describe.skipIf(chromiumPath === undefined);

/** Starts the browser. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'], timeout: 120_000 });

/** Builds the page, and returns its folder. */
export const buildPage = async (): Promise<string> => {
  const folder = join(await temporaryFolder(), 'page');
  const vite = ['node_modules/vite/bin/vite.js', 'build', 'page', '--outDir', folder, '--logLevel', 'error'];
  await promisify(execFile)(process.execPath, vite);
  return folder;
};

/** Day on which the first picture was taken; each further one is of the next day. */
const FIRST_DAY = Date.UTC(2022, 0, 1, 12) / 1000;

/** Pictures of generated scenes in two folders, one a day, and a copy of each fifth one. */
export const writePictures = async (folder: string, count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) {
    const scene = drawScene(mulberry32(seedFor(3, i)), worlds.mini, 'never');
    const path = join(folder, i % 2 === 0 ? 'garden' : 'table', `${String(i).padStart(3, '0')}.png`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await encodePng(renderScene(scene, 96)));
    const copies = i % 5 === 0 ? [path.replace('.png', '-copy.png')] : [];
    for (const copy of copies) await copyFile(path, copy);
    for (const one of [path, ...copies]) await utimes(one, FIRST_DAY + 86_400 * i, FIRST_DAY + 86_400 * i);
  }
};

const [student, teacher] = ['assets/student-mini.safetensors', 'assets/teacher-mini.safetensors'];

/** Encodes a folder's pictures, where there are any, and serves them with the page, the shipped student and its teacher. */
export const servePictures = async (
  page: string,
  home: string,
  args: readonly string[] = [],
): Promise<ServingProcess> => {
  const pictures = join(home, 'pictures');
  if ((await readdir(pictures)).length > 0)
    await cacheImages(await loadModel(student), pictures, { to: join(home, 'pictures.cache'), threads: 1 });
  const cache = ['--images', pictures, '--teacher', teacher, '--page', page];
  return await startServing([student, join(home, 'pictures.cache'), ...cache, ...args]);
};

/** Conditions under which the page is looked at. */
export interface Setting {
  readonly name: string;
  readonly dark?: boolean;
  readonly phone?: boolean;
  /** Whether things move: by default somebody looks who wants that they do not. */
  readonly moves?: boolean;
}

export const settings: readonly Setting[] = [
  { name: 'light' },
  { name: 'dark', dark: true },
  { name: 'on a phone', phone: true },
];

/** A page that is open, and what it did that it must not. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests to other hosts than the service, and errors of scripts. */
  readonly faults: string[];
}

/** Opens an address of a service in the browser. */
export const openPage = async (browser: Browser, url: string, { dark, phone, moves }: Setting): Promise<OpenPage> => {
  const context = await browser.newContext({
    colorScheme: dark ? 'dark' : 'light',
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    hasTouch: phone === true,
    reducedMotion: moves ? 'no-preference' : 'reduce',
    acceptDownloads: true,
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on('request', (request) => {
    const address = request.url();
    if (!/^(blob|data):/.test(address) && new URL(address).origin !== origin) faults.push(`request to ${address}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content.Security.Policy|violates/i.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
};

const axeSource = (): Promise<string> =>
  readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Violations that axe finds: for people who hear the page, or see it badly. */
export const violationsOf = async (page: Page): Promise<string[]> => {
  await page.evaluate(await axeSource());
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run(document)');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`);
};

/** Captions of the tiles in sight, in the order of the wall: `yes 97 %`. */
export const captionsOf = (page: Page): Promise<string[]> =>
  page.locator('.tile .caption').evaluateAll((captions) => captions.map(({ textContent }) => textContent ?? ''));

/** Paths of the tiles that are in the document, in the order of the wall. */
export const pathsOf = (page: Page): Promise<string[]> =>
  page.locator('.tile[data-path]').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-path') ?? ''));

/** Asks a question in the box, and waits for its answers. */
export const ask = async (page: Page, question: string): Promise<void> => {
  await page.getByLabel('Question', { exact: true }).fill(question);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: question }).waitFor({ state: 'attached' });
  await page.locator('main[aria-busy=false] .cut').waitFor();
};
