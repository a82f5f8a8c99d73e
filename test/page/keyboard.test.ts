import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import type { ServingProcess } from '../service/process.fixture.ts';
import {
  buildPage,
  describeInBrowser,
  openBrowser,
  openPage,
  servePictures,
  violationsOf,
  writePictures,
} from './page.fixture.ts';

describeInBrowser('the page by keys alone', () => {
  let [browser, served]: [Browser | undefined, ServingProcess | undefined] = [undefined, undefined];

  beforeAll(async () => {
    const home = await temporaryFolder();
    await writePictures(join(home, 'pictures'), 30);
    [browser, served] = await Promise.all([openBrowser(), servePictures(await buildPage(), home)]);
  });
  afterAll(async () => {
    await browser?.close();
    served?.child.kill();
    await served?.ended;
  });

  const focused = (page: Page) =>
    page.evaluate<string>(
      '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim()',
    );
  const index = (page: Page) => page.evaluate<string | null>('document.activeElement.getAttribute("data-index")');
  const tabTo = async (page: Page, name: RegExp): Promise<void> => {
    for (let presses = 0; presses < 30; presses += 1) {
      if (name.test(await focused(page))) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`no Tab leads to ${name}`);
  };

  it('asks, cuts, walks the wall, opens a picture, goes on to the next one, and closes it', async () => {
    await using opened = await openPage(browser!, served!.url, { name: 'light' });
    const { page, faults } = opened;
    await page.locator('.tile').first().waitFor();
    await page.keyboard.press('/');
    expect(await focused(page)).toBe('Question');
    await page.keyboard.type('is there a blue shape?');
    await page.keyboard.press('Enter');
    await page.locator('main[aria-busy=false] .cut').waitFor();
    await tabTo(page, /^Least probability$/);
    const before = await page.locator('.p').textContent();
    for (let i = 0; i < 50; i += 1) await page.keyboard.press('ArrowLeft');
    expect([before, await page.locator('.p').textContent()]).toEqual(['50 %', '0 %']);
    await tabTo(page, /^\d+(-copy)?\.png /);
    expect(await index(page)).toBe('0');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => index(page)).toBe('1');
    await page.keyboard.press('End');
    await expect.poll(() => index(page)).toBe('35');
    await page.keyboard.press('Home');
    await expect.poll(() => index(page)).toBe('0');
    await page.keyboard.press('Enter');
    const title = page.locator('dialog h2');
    await title.waitFor();
    const first = await title.textContent();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => title.textContent()).not.toBe(first);
    await page.keyboard.press('Escape');
    await title.waitFor({ state: 'detached' });
    expect(await index(page)).toBe('0');
    expect(faults).toEqual([]);
  });

  it('tells of its keys, and keeps the focus among them', async () => {
    await using opened = await openPage(browser!, served!.url, { name: 'dark', dark: true });
    const { page } = opened;
    await page.locator('.tile').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('changes between the colours of the system, light and dark ones, and remembers them', async () => {
    await using opened = await openPage(browser!, served!.url, { name: 'dark', dark: true });
    const { page } = opened;
    const paper = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    await tabTo(page, /^Colours/);
    const dark = await paper();
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('Colours: light');
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.reload();
    await page.locator('.tile').first().waitFor();
    expect(await paper()).toBe(light);
  });
});
