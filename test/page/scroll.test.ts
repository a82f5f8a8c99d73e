import { link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { buildPage, describeInBrowser, openBrowser, openPage, servePictures, writePictures } from './page.fixture.ts';

const COUNT = 10_000;

/** Scrolls through so many pixels, so many a frame, and measures the time between frames, in milliseconds. */
const scrollBy = (pixels: number, step: number) => `new Promise((resolve) => {
  const times = [];
  const frame = (now) => {
    times.push(now);
    scrollBy(0, ${step});
    if (times.length <= ${Math.ceil(pixels / step)}) requestAnimationFrame(frame);
    else resolve(times.slice(1).map((time, i) => time - times[i]));
  };
  requestAnimationFrame(frame);
})`;

interface Scrolled {
  readonly median: number;
  readonly text: string;
}

/** Scrolls through a search's wall, and says how long its frames took. */
const scrolled = async (browser: Browser, url: string): Promise<Scrolled> => {
  await using opened = await openPage(browser, url, { name: 'light' });
  const { page } = opened;
  await page.locator('main[aria-busy=false] .wall').waitFor();
  await page.locator('.tile img.there').nth(20).waitFor();
  const times = (await page.evaluate<number[]>(scrollBy(9600, 120))).sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(part * (times.length - 1))]!;
  const tiles = await page.locator('.tile').count();
  expect(tiles).toBeLessThan(150);
  const count = await page.locator('.sentence strong').textContent();
  const said = [0.5, 0.95, 1].map((part) => at(part).toFixed(1));
  return {
    median: at(0.5),
    text: `${count} pictures: ${times.length} frames of 120 px: median ${said[0]} ms, 95 % ${said[1]} ms, longest ${said[2]} ms; ${tiles} tiles in the document`,
  };
};

describeInBrowser('10,000 pictures', () => {
  it('scroll as a few hundred do, since only those near the window are in the document', async () => {
    const home = await temporaryFolder();
    await writePictures(join(home, 'some'), 20);
    // the same few pictures under many names: encoding is no matter of this test
    const some = (await readdir(join(home, 'some'), { recursive: true })).filter((path) => path.endsWith('.png'));
    for (const folder of ['few', 'many']) await mkdir(join(home, 'pictures', folder), { recursive: true });
    for (let i = 0; i < COUNT; i += 1) {
      const folder = i % 25 === 0 ? 'few' : 'many';
      await link(join(home, 'some', some[i % some.length]!), join(home, 'pictures', folder, `${i}.png`));
    }
    const [browser, served] = await Promise.all([openBrowser(), servePictures(await buildPage(), home)]);
    try {
      const search = `${served.url}/?ask=is+there+a+blue+shape%3F&p=0`;
      const few = await scrolled(browser, `${search}&folder=few`);
      const all = await scrolled(browser, search);
      console.log(`${few.text}\n${all.text}`);
      expect(all.text).toMatch(/^10,000 pictures/);
      // frames take what this machine has to spare, which the same wall with a few hundred pictures shows
      expect(all.median).toBeLessThan(2 * few.median + 17);
    } finally {
      await browser.close();
      served.child.kill();
      await served.ended;
    }
  });
});
