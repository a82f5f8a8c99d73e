/**
 * Takes the pictures of the page: docs/images/page.png for the README, and docs/images/page.webp, which moves.
 *
 *   npm run build:page && npx tsx scripts/page-pictures.ts
 *
 * Needs Chromium: that of the package `chromium`, or CHROMIUM=/path/to/it.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Page } from 'playwright-core';
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

const home = await mkdtemp(join(tmpdir(), 'dide-pictures-'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
let served: Awaited<ReturnType<typeof serve>> | undefined;
try {
  await makePictures(home);
  served = await serve(home);
  const { url } = served;
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
  await sharp(await page.screenshot())
    .png({ palette: true, quality: 90, effort: 10 })
    .toFile('docs/images/page.png');
} finally {
  await browser.close();
  served?.child.kill();
  await rm(home, { recursive: true, force: true });
}
