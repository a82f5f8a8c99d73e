import { link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import type { ServingProcess } from '../service/process.fixture.ts';
import { tasksDuring, workOf } from './main-thread.ts';
import { buildPage, describeInBrowser, openBrowser, openPage, servePictures, writePictures } from './page.fixture.ts';

/** Pictures of each folder; together they are more than the page holds. */
const counts = { few: 400, many: 10_000, more: 1600 } as const;
const ALL = 12_000;
/** Frames that are scrolled, and the pixels of each. */
const [FRAMES, STEP] = [50, 120];

/** Scrolls from frame to frame, and resolves to the milliseconds between them. */
const scrollFrames = `new Promise((resolve) => {
  const times = [];
  const frame = (now) => {
    times.push(now);
    scrollBy(0, ${STEP});
    if (times.length <= ${FRAMES}) requestAnimationFrame(frame);
    else resolve(times.slice(1).map((time, i) => time - times[i]));
  };
  requestAnimationFrame(frame);
})`;

/** Measurements of scrolling a wall. */
interface Scrolled {
  /** Median time between two frames, in milliseconds, whatever else this machine does. */
  readonly median: number;
  /** Processor time of the page's main thread a frame, in milliseconds. */
  readonly work: number;
  readonly text: string;
}

const scrolled = async (browser: Browser, page: Page): Promise<Scrolled> => {
  await page.locator('main[aria-busy=false] .wall').waitFor();
  await page.locator('.tile img.there').nth(20).waitFor();
  let times: number[] = [];
  const tasks = await tasksDuring(browser, page, async () => {
    times = (await page.evaluate<number[]>(scrollFrames)).sort((a, b) => a - b);
  });
  const { all, longest } = workOf(tasks);
  const tiles = await page.locator('.tile').count();
  expect(tiles).toBeLessThan(150);
  const [median, work] = [times[times.length >> 1]!, all / FRAMES];
  const count = await page.locator('.sentence strong').textContent();
  return {
    ...{ median, work },
    text: `${count} pictures: ${FRAMES} frames of ${STEP} px, ${tiles} tiles in the document: ${work.toFixed(1)} ms of work a frame, longest task ${longest.toFixed(1)} ms; median frame ${median.toFixed(1)} ms`,
  };
};

describeInBrowser('12,000 pictures', () => {
  let [browser, served]: [Browser | undefined, ServingProcess | undefined] = [undefined, undefined];
  const question = '?ask=is+there+a+blue+shape%3F&p=0';
  const open = (address: string) => openPage(browser!, `${served!.url}/${address}`, { name: 'light' });

  beforeAll(async () => {
    const home = await temporaryFolder();
    await writePictures(join(home, 'some'), 20);
    // the same few pictures under many names: encoding is no matter of this test
    const some = (await readdir(join(home, 'some'), { recursive: true })).filter((path) => path.endsWith('.png'));
    for (const [folder, count] of Object.entries(counts)) {
      await mkdir(join(home, 'pictures', folder), { recursive: true });
      for (let i = 0; i < count; i += 1)
        await link(join(home, 'some', some[i % some.length]!), join(home, 'pictures', folder, `${i}.png`));
    }
    [browser, served] = await Promise.all([openBrowser(), servePictures(await buildPage(), home)]);
  });
  afterAll(async () => {
    await browser?.close();
    served?.child.kill();
    await served?.ended;
  });

  it('scroll without jerks, since only those near the window are in the document', async () => {
    await using one = await open(`${question}&folder=few`);
    const few = await scrolled(browser!, one.page);
    await using other = await open(`${question}&folder=many`);
    const parts: Scrolled[] = [];
    for (let part = 0; part < 3; part += 1) parts.push(await scrolled(browser!, other.page));
    // other programs only ever add to the work, by what they take of the caches
    const many = parts.reduce((least, part) => (part.work < least.work ? part : least));
    console.log([few, ...parts].map(({ text }) => text).join('\n'));
    expect(many.text).toMatch(/^10,000 pictures/);
    // of 60 frames a second each has 16.7 ms
    expect(many.work).toBeLessThan(1000 / 60);
    // a frame takes what this machine has to spare, which the same wall with a few hundred pictures shows
    expect(many.median).toBeLessThan(2 * few.median + 17);
  });

  it('have their bars where the page does not hold all answers, cut and sorted by the service', async () => {
    await using opened = await open(question);
    const { page, faults } = opened;
    await page.getByText('The first 10,000 pictures of this order are below').waitFor();
    expect(await page.locator('.sentence strong').textContent()).toBe('12,000');
    const bars = (): Promise<number> => page.locator('.bars div:not([style*="height: 0%"])').count();
    const held = await bars();
    expect(held).toBeGreaterThan(1);
    await page.getByLabel('Least probability').fill('0.9');
    await page.locator('main[aria-busy=false] .cut output', { hasText: '90 %' }).waitFor();
    const sure = Number((await page.locator('.sentence strong').textContent())!.replace(',', ''));
    expect(sure).toBeGreaterThan(0);
    expect(sure).toBeLessThan(ALL);
    // the bars are those of all pictures, whatever the cut
    expect(await bars()).toBe(held);
    expect(faults).toEqual([]);
  });
});
