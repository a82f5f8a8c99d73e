/**
 * Takes the pictures of the page: docs/images/page.png for the README, docs/images/page.webp, which moves, and
 * docs/images/train.png of the page on which a student learns.
 *
 *   npm run build:page && npx tsx scripts/page-pictures.ts [page] [train]
 *
 * Needs Chromium: that of the package `chromium`, or CHROMIUM=/path/to/it.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';

const QUESTION = 'is there a green star?';
const viewport = { width: 1000, height: 680 };
/** Pictures of a move of the tiles, and the milliseconds of each and of the whole move. */
const [STEPS, STEP, MOVE] = [9, 50, 450];
const [student, teacher] = ['assets/student-mini.safetensors', 'assets/teacher-mini.safetensors'];

const start = (args: readonly string[]) =>
  spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

/** Runs a verb of the command line to its end. */
const run = async (args: readonly string[]): Promise<void> => {
  const child = start(args);
  child.stdout.resume();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`dide ${args.join(' ')}: it ended with ${code}`);
};

/** Pictures of generated scenes in folders of years, one a day. */
const makePictures = async (home: string): Promise<void> => {
  const sizes = ['--train', '300', '--validation', '1', '--test-iid', '1', '--test-comp', '1', '--pixels', '192'];
  await run(['scenes', join(home, 'scenes'), ...sizes]);
  const from = join(home, 'scenes', 'images', 'train');
  for (const [i, name] of (await readdir(from)).sort().entries()) {
    const folder = join(home, 'pictures', String(2022 + (i % 3)));
    await mkdir(folder, { recursive: true });
    await rename(join(from, name), join(folder, name));
    const taken = Date.UTC(2022 + (i % 3), 0, 1 + (i % 365), 12) / 1000;
    await utimes(join(folder, name), taken, taken);
  }
};

/** Starts the service, and returns its address once it listens. */
const serve = async (home: string) => {
  const [folder, cache] = [join(home, 'pictures'), join(home, 'pictures.cache')];
  await run(['cache', student, folder, '--to', cache]);
  const pictures = ['--images', folder, '--teacher', teacher];
  const child = start(['serve', student, cache, ...pictures, '--port', '0', '--seconds', '300']);
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line) as { readonly msg: string; readonly url: string };
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return { child, url };
  }
  throw new Error('dide serve: it ended before it listened');
};

/** Pictures of a film, with the milliseconds that each is shown. */
class Film {
  readonly frames: Buffer[] = [];
  readonly delays: number[] = [];
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async take(milliseconds: number): Promise<void> {
    this.frames.push(await this.#page.screenshot());
    this.delays.push(milliseconds);
  }

  /** Takes the moves that have begun, step by step, however slow this machine is. */
  async takeMoves(): Promise<void> {
    for (let step = 0; step <= STEPS; step += 1) {
      await this.#page.evaluate(`for (const move of moves) move.currentTime = ${(step / STEPS) * MOVE}`);
      await this.take(STEP);
    }
    await this.#page.evaluate('for (const move of moves.splice(0)) move.finish()');
  }
}

/** Lets moves of tiles stand still until they are taken. */
const HOLD_MOVES = `const moves = []; globalThis.moves = moves; const animate = Element.prototype.animate;
  Element.prototype.animate = function (...args) { const move = animate.apply(this, args); move.pause(); moves.push(move); return move; };`;

const settle = async (page: Page): Promise<void> => {
  await page.locator('main[aria-busy=false]').waitFor();
  // the page's policy forbids what waitForFunction would do
  const missing = `[...document.querySelectorAll('.tile img:not(.there)')]
    .filter((image) => image.getBoundingClientRect().top < innerHeight).length`;
  while ((await page.evaluate<number>(missing)) > 0) await page.waitForTimeout(100);
};

const film = async (page: Page): Promise<Film> => {
  const film = new Film(page);
  await settle(page);
  await page.evaluate('for (const move of moves.splice(0)) move.finish()');
  await film.take(1200);
  const box = page.getByLabel('Question', { exact: true });
  for (let end = 4; end < QUESTION.length + 4; end += 4) {
    await box.fill(QUESTION.slice(0, end));
    await film.take(110);
  }
  await box.press('Enter');
  await page.locator('.cut').waitFor();
  await settle(page);
  await film.takeMoves();
  await film.take(1500);
  for (const cut of ['0.6', '0.7', '0.8', '0.9', '0.97']) {
    await page.getByLabel('Least probability').fill(cut);
    await film.take(120);
  }
  await settle(page);
  await film.takeMoves();
  await film.take(800);
  await page.getByLabel('Order').selectOption('date');
  await settle(page);
  await film.takeMoves();
  await film.take(1500);
  await page.locator('.tile button').nth(2).click();
  await page.locator('dialog .look canvas').nth(1).waitFor();
  await page.locator('dialog .picture img.there').waitFor();
  await page.locator('dialog .looks').scrollIntoViewIfNeeded();
  await film.take(1200);
  for (const word of ['green', 'star']) {
    await page.locator('dialog .words label', { hasText: word }).click();
    await film.take(900);
  }
  return film;
};

/** Takes the page of a service, still and moving. */
const takePage = async (browser: Browser, home: string): Promise<void> => {
  await makePictures(home);
  const { child, url } = await serve(home);
  try {
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(300_000);
    await page.addInitScript(HOLD_MOVES);
    await page.goto(url);
    const { frames, delays } = await film(page);
    await sharp(frames, { join: { animated: true } })
      .webp({ delay: delays, loop: 0, quality: 60, effort: 5 })
      .toFile('docs/images/page.webp');
    await page.goto(`${url}/?ask=${encodeURIComponent(QUESTION)}&p=0.9&sort=date`);
    await page.locator('.cut').waitFor();
    await settle(page);
    await page.evaluate('for (const move of moves.splice(0)) move.finish()');
    await save(page, 'page.png');
  } finally {
    child.kill();
  }
};

const save = async (page: Page, name: string): Promise<void> =>
  void (await sharp(await page.screenshot({ fullPage: name === 'train.png' }))
    .png({ palette: true, quality: 90, effort: 10 })
    .toFile(`docs/images/${name}`));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/** Serves a folder as any host of files does. */
const serveFolder = async (folder: string) => {
  const server = createServer(async ({ url }, response) => {
    const path = join(folder, decodeURIComponent(new URL(url!, 'http://localhost').pathname));
    const bytes = await readFile(path).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, { 'content-type': types[extname(path)] ?? 'text/javascript' }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

/** Words of somebody's own for the shapes, which the student does not know. */
const words: Readonly<Record<string, string>> = { circle: 'ball', square: 'box', star: 'sparkle', triangle: 'roof' };

/** Most pictures of an answer that are learnt. */
const LEARNT = 12;
const [LEARNT_QUESTION, UPDATES] = ['what shape is the gray shape?', 120];

/** Takes the page on which a student learns, at the end of a training on pictures by the shape of their gray thing. */
const takeTraining = async (browser: Browser, home: string): Promise<void> => {
  const [data, site] = [join(home, 'learnt'), join(home, 'site')];
  await run(['scenes', data, '--train', '600', '--validation', '1', '--test-iid', '1', '--test-comp', '1']);
  await run(['cache', student, join(data, 'images', 'test-iid'), '--to', join(home, 'few.cache')]);
  await run(['site', student, join(home, 'few.cache'), '--images', join(data, 'images', 'test-iid'), '--to', site]);
  const rows = (await readFile(join(data, 'train.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const byAnswer = new Map<string, string[]>();
  for (const { image, answer } of rows.filter(({ question }) => question === LEARNT_QUESTION))
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), join(data, image)]);
  const { server, url } = await serveFolder(site);
  try {
    const page = await browser.newPage({ viewport: { ...viewport, height: 900 } });
    page.setDefaultTimeout(300_000);
    await page.goto(`${url}/train.html`);
    await page.getByRole('textbox', { name: 'Question' }).fill(LEARNT_QUESTION);
    for (const [shape, files] of [...byAnswer].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const answer = words[shape]!;
      await page.getByRole('textbox', { name: 'Answer' }).fill(answer);
      await page.getByLabel('Pictures of this answer').setInputFiles(files.slice(0, LEARNT));
      await page.locator('.labels').getByText(answer, { exact: true }).waitFor();
    }
    await page.getByLabel('Updates').fill(String(UPDATES));
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText(`${UPDATES} of ${UPDATES} updates`).waitFor();
    await page.getByRole('button', { name: 'Save the student' }).waitFor();
    await save(page, 'train.png');
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

const takers = { page: takePage, train: takeTraining };
const names = process.argv.slice(2);
const home = await mkdtemp(join(tmpdir(), 'dide-pictures-'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const [name, take] of Object.entries(takers))
    if (names.length === 0 || names.includes(name)) await take(browser, home);
} finally {
  await browser.close();
  await rm(home, { recursive: true, force: true });
}
