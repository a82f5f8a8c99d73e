/**
 * Measures a site of 10,000 pictures in a browser: how long it takes to open and to answer, how long its main thread is
 * busy at a stretch, and its memory.
 *
 *   npm run build:page && npx tsx scripts/site-speed.ts [PICTURES]
 *
 * The pictures are of one colour each, and the student is the shipped one. Needs Chromium: that of the package `chromium`,
 * or CHROMIUM=/path/to/it.
 */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { cacheImages, loadModel } from '../src/index.ts';
import { writeSite } from '../src/server.ts';
import { tasksDuring, workOf } from '../test/page/main-thread.ts';
import { openBrowser, runtimeFolder, serveFiles } from '../test/web/web.fixture.ts';

const count = Number(process.argv[2] ?? 10_000);
const questions = ['is it red?', 'is there a blue shape?', 'what color is it?'];

/** Pictures of one colour, each another one, in folders of a thousand. */
const makePictures = async (folder: string): Promise<void> => {
  for (let first = 0; first < count; first += 1000) {
    const into = join(folder, `${first}`);
    await mkdir(into, { recursive: true });
    const numbers = Array.from({ length: Math.min(1000, count - first) }, (_, i) => first + i);
    await Promise.all(
      numbers.map(async (number) => {
        const mixed = (number * 2_654_435_761) >>> 0;
        const background = { r: mixed & 255, g: (mixed >>> 8) & 255, b: (mixed >>> 16) & 255 };
        const picture = sharp({ create: { width: 64, height: 64, channels: 3, background } });
        await writeFile(join(into, `${number}.png`), await picture.png().toBuffer());
      }),
    );
  }
};

/** Resident memory of all processes of a browser, in MB. */
const memoryOf = async (marker: string): Promise<number> => {
  let kilobytes = 0;
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, status] = await Promise.all(
      ['cmdline', 'status'].map((name) => readFile(`/proc/${id}/${name}`, 'utf8').catch(() => '')),
    );
    if (command!.includes(marker)) kilobytes += Number(/VmRSS:\s+(\d+)/.exec(status!)?.[1] ?? 0);
  }
  return kilobytes / 1024;
};

const measured = async (browser: Browser, page: Page, what: string, run: () => Promise<void>): Promise<void> => {
  const began = performance.now();
  let took = 0;
  const tasks = await tasksDuring(browser, page, async () => {
    await run();
    took = performance.now() - began;
  });
  const { all, longest } = workOf(tasks);
  console.log(
    `${what}: ${(took / 1000).toFixed(1)} s; main thread ${all.toFixed(0)} ms of work, longest task ${longest.toFixed(0)} ms`,
  );
};

const look = async (browser: Browser, url: string): Promise<void> => {
  const page = await browser.newPage();
  page.setDefaultTimeout(600_000);
  await measured(browser, page, 'opened, the first picture shown', async () => {
    await page.goto(url);
    await page.locator('.tile img.there').first().waitFor();
  });
  for (const question of [...questions, questions[0]!])
    await measured(browser, page, question, async () => {
      await page.getByLabel('Question', { exact: true }).fill(question);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: question }).waitFor({ state: 'attached' });
      await page.locator('main[aria-busy=false] .cut').waitFor();
    });
  await page.close();
};

const home = await mkdtemp(join(tmpdir(), 'dide-site-speed-'));
const marker = `--user-agent=${home.slice(-6)}`;
const browser = await openBrowser([marker]);
try {
  await makePictures(join(home, 'pictures'));
  const student = await loadModel('assets/student-mini.safetensors');
  const cache = await cacheImages(student, join(home, 'pictures'), { to: join(home, 'cache'), precision: 'float16' });
  const made = { to: join(home, 'site'), images: join(home, 'pictures'), page: 'dist/page', runtime: runtimeFolder };
  const { bytes } = await writeSite(student, cache, { ...made, title: 'Colours' });
  console.log(`${cache.size} pictures, ${(bytes.all / 1e6).toFixed(1)} MB`);
  for (const isolated of [true, false]) {
    await using server = await serveFiles(made.to, { isolated });
    console.log(isolated ? 'with COOP and COEP, several threads:' : 'without the headers, one thread:');
    await look(browser, server.url);
  }
  console.log(`memory of the whole browser: ${(await memoryOf(marker)).toFixed(0)} MB`);
} finally {
  await browser.close();
  await rm(home, { recursive: true, force: true });
}
