import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cacheImages, type Model, openImageCache, saveModel, search } from '../../src/index.ts';
import { randomStudent, temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { entail } from '../../src/query.ts';
import { type ServingProcess, startServing } from '../service/process.fixture.ts';
import {
  buildPage,
  captionsOf,
  describeInBrowser,
  openBrowser,
  openPage,
  pathsOf,
  violationsOf,
  writePictures,
} from './page.fixture.ts';

/** Students that have learnt nothing, of the two tasks that are no questions. */
const students = {
  judges: randomStudent(2, { task: 've', answers: ['contradiction', 'entailment', 'neutral'], scoring: 'softmax' }),
  searches: randomStudent(3, { task: 'retrieval', answers: [], scoring: 'softmax' }),
} satisfies Record<string, Model>;
type Kind = keyof typeof students;
const text = 'there is a red circle';

describeInBrowser('the page of a student', () => {
  let browser: Browser | undefined;
  let home = '';
  const served: Partial<Record<Kind, ServingProcess>> = {};

  beforeAll(async () => {
    home = await temporaryFolder();
    const pictures = join(home, 'pictures');
    await writePictures(pictures, 12);
    const page = await buildPage();
    browser = await openBrowser();
    for (const kind of Object.keys(students) as Kind[]) {
      const [model, cache] = [join(home, `${kind}.safetensors`), join(home, `${kind}.cache`)];
      await saveModel(model, students[kind]);
      await cacheImages(students[kind], pictures, { to: cache, threads: 1, precision: 'float32' });
      served[kind] = await startServing([model, cache, '--images', pictures, '--page', page]);
    }
  });
  afterAll(async () => {
    await browser?.close();
    for (const { child, ended } of Object.values(served)) {
      child.kill();
      await ended;
    }
  });

  const say = async (page: Page): Promise<void> => {
    await page.getByLabel('Question', { exact: true }).fill(text);
    await page.keyboard.press('Enter');
    await page.locator('main[aria-busy=false] .cut').waitFor();
  };
  const found = async (page: Page): Promise<number> => Number(await page.locator('.sentence strong').textContent());

  it('of entailment judges what is said, by the judgement that is chosen', async () => {
    await using opened = await openPage(browser!, served.judges!.url, { name: 'light' });
    const { page, faults } = opened;
    const images = await openImageCache(join(home, 'judges.cache'));
    expect(await page.getByLabel('Question', { exact: true }).getAttribute('placeholder')).toMatch(/may be true/);
    await say(page);
    expect(await page.locator('.sentence').textContent()).toMatch(/are judged/);
    await page.getByLabel('Least probability').fill('0');
    for (const judgement of ['entailment', 'contradiction'] as const) {
      if (judgement !== 'entailment') {
        await page.getByLabel('are judged').selectOption(judgement);
        await page.locator('main[aria-busy=false] .cut').waitFor();
        await page.getByLabel('Least probability').fill('0');
      }
      const own = await entail(students.judges, images, text, { judgement, threads: 1 });
      expect(await found(page)).toBe(own.length);
      const shown = await pathsOf(page);
      // equal ones are in the order of their paths on both sides, but for what is equal to rounding
      expect([...shown].sort()).toEqual(
        own
          .slice(0, shown.length)
          .map(({ image }) => image)
          .sort(),
      );
      expect((await captionsOf(page))[0]!.replace(' ,', '')).toBe(
        `${judgement} ${Math.round(100 * own[0]![judgement])} %`,
      );
      const cut = (own[3]![judgement] + own[4]![judgement]) / 2;
      await page.getByLabel('Least probability').fill(cut.toFixed(2));
      expect(await found(page)).toBe(own.filter((one) => one[judgement] >= Number(cut.toFixed(2))).length);
    }
    expect(await page.locator('.bars div').count()).toBe(50);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByLabel('Least probability').fill('0');
    await page.locator('.tile button').first().click();
    await page.locator('dialog .look canvas').waitFor();
    expect(await page.locator('dialog .answers li').count()).toBe(3);
    expect(await violationsOf(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('of entailment multiplies what is said with it, entailed unless another judgement is meant', async () => {
    await using opened = await openPage(browser!, served.judges!.url, { name: 'dark', dark: true });
    const { page, faults } = opened;
    await say(page);
    await page.getByLabel('Least probability').fill('0');
    const alone = await captionsOf(page);
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Question of the condition').fill(text);
    await page.keyboard.press('Enter');
    await page.waitForURL(/and=/);
    await page.locator('main[aria-busy=false] .cut').waitFor();
    const percentOf = (caption: string): number => Number(/(\d+) %/.exec(caption)![1]);
    const both = await captionsOf(page);
    expect(Math.abs(percentOf(both[0]!) - percentOf(alone[0]!) ** 2 / 100)).toBeLessThan(2);
    expect(faults).toEqual([]);
  });

  it.each([false, true])('of retrieval shows what fits best first, on a phone: %s', async (phone) => {
    await using opened = await openPage(browser!, served.searches!.url, { name: 'searches', phone });
    const { page, faults } = opened;
    const images = await openImageCache(join(home, 'searches.cache'));
    expect(await page.getByLabel('Question', { exact: true }).getAttribute('placeholder')).toMatch(/Describe/);
    await say(page);
    const own = await search(students.searches, images, text, { threads: 1 });
    expect(await found(page)).toBe(own.length);
    const shown = await pathsOf(page);
    expect(shown.slice(0, 3)).toEqual(own.slice(0, 3).map(({ image }) => image));
    expect(await page.getByLabel('Least probability').count()).toBe(0);
    expect(await page.locator('.cost').textContent()).toMatch(/pictures compared in/);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByLabel('Order').selectOption('path');
    await page.waitForURL(/sort=path/);
    expect((await pathsOf(page)).slice(0, 3)).toEqual(
      own
        .map(({ image }) => image)
        .sort()
        .slice(0, 3),
    );
    await page.locator('.tile button').first().click();
    await page.getByRole('heading', { name: 'Like this one' }).waitFor();
    expect(await page.getByText('Ask a question').count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
