import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import type { ServingProcess } from '../service/process.fixture.ts';
import {
  ask,
  buildPage,
  captionsOf,
  describeInBrowser,
  openBrowser,
  openPage,
  pathsOf,
  servePictures,
  settings,
  violationsOf,
  writePictures,
} from './page.fixture.ts';

const COUNT = 30;
/** Pictures with their copies. */
const ALL = COUNT + COUNT / 5;
const question = 'is there a blue shape?';

describeInBrowser.each(settings)('the page, $name', (setting) => {
  let [browser, served]: [Browser | undefined, ServingProcess | undefined] = [undefined, undefined];
  let home = '';

  beforeAll(async () => {
    home = await temporaryFolder();
    await writePictures(join(home, 'pictures'), COUNT);
    [browser, served] = await Promise.all([openBrowser(), servePictures(await buildPage(), home)]);
  });
  afterAll(async () => {
    await browser?.close();
    served?.child.kill();
    await served?.ended;
  });

  const open = (address = '') => openPage(browser!, `${served!.url}/${address}`, setting);
  const unfold = async (page: Page): Promise<void> => {
    if (setting.phone) await page.getByRole('button', { name: 'Filters' }).click();
  };
  const found = (page: Page) => page.locator('.sentence strong').textContent();
  const answersOf = async (page: Page) => (await captionsOf(page)).map((caption) => caption.replace(/ ,.*/, ''));

  it('shows all pictures, the newest first, and orders them anew as a question is asked', async () => {
    await using opened = await open();
    const { page, faults } = opened;
    await page.getByRole('heading', { name: `${ALL} pictures. Ask them anything.` }).waitFor();
    await page.locator('.tile img.there').first().waitFor();
    const before = await pathsOf(page);
    expect(before[0]).toMatch(/029/);
    expect(await violationsOf(page)).toEqual([]);
    await ask(page, question);
    const after = await pathsOf(page);
    expect(after).not.toEqual(before);
    expect(new Set(await answersOf(page))).toEqual(new Set(['yes']));
    expect(Number(await found(page))).toBeGreaterThan(0);
    expect(await page.locator('.cost').textContent()).toMatch(
      /36 pictures answered in .+\. Its teacher, which reads every picture again with the question, would need .+ \(measured here: .+ a picture\)/,
    );
    expect(await violationsOf(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('cuts at a probability, sorts what is left by date, and says both in its address', async () => {
    await using opened = await open();
    const { page } = opened;
    await ask(page, question);
    await page.getByLabel('Least probability').fill('0');
    expect(await found(page)).toBe(String(ALL));
    await page.getByLabel('Least probability').fill('0.9');
    const sure = Number(await found(page));
    expect(sure).toBeLessThan(ALL);
    expect(sure).toBeGreaterThan(0);
    await page.getByLabel('Order').selectOption('date');
    await page.waitForURL(/sort=date/);
    const dated = (await pathsOf(page)).map((path) => path.replace(/^\w+\//, '').slice(0, 3));
    expect(dated).toEqual([...dated].sort().reverse());
    const address = new URL(page.url());
    expect(address.searchParams.get('p')).toBe('0.9');
    await using again = await open(address.search);
    await again.page.locator('.cut').waitFor();
    expect(await found(again.page)).toBe(String(sure));
    expect(await pathsOf(again.page)).toEqual(await pathsOf(page));
    await page.goBack();
    expect(await page.getByLabel('Order').inputValue()).toBe('probability');
  });

  it('asks of a folder and of days alone', async () => {
    await using opened = await open();
    const { page } = opened;
    await page.locator('.wall').waitFor();
    await unfold(page);
    await page.getByLabel('Folder').selectOption('garden');
    await page.getByRole('heading', { name: /18 pictures of 36/ }).waitFor();
    expect((await pathsOf(page)).every((path) => path.startsWith('garden/'))).toBe(true);
    await page.getByLabel('From').fill('2022-01-21');
    await page.getByLabel('From').blur();
    await page.getByRole('heading', { name: /6 pictures of 36/ }).waitFor();
    await ask(page, question);
    expect(await page.locator('.sentence').textContent()).toMatch(/of 6 pictures/);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.locator('.sentence', { hasText: 'of 36 pictures' }).waitFor();
  });

  it('multiplies several conditions', async () => {
    await using opened = await open();
    const { page } = opened;
    await ask(page, question);
    await page.getByLabel('Least probability').fill('0');
    const alone = await captionsOf(page);
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Must it hold?').selectOption('not');
    await page.getByLabel('Question of the condition').fill('what color is the circle?');
    await page.getByLabel('Answer of the condition').selectOption('red');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.waitForURL(/not=what\+color\+is\+the\+circle%3F\+%3D\+red/);
    await page.locator('main[aria-busy=false]').waitFor();
    await expect.poll(() => captionsOf(page)).not.toEqual(alone);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove this condition' }).click();
    await expect.poll(() => captionsOf(page)).toEqual(alone);
  });

  it('gives each picture its own answer, where it is asked for', async () => {
    await using opened = await open();
    const { page } = opened;
    await ask(page, 'what color is the circle?');
    expect(await page.locator('.sentence').textContent()).toMatch(/36 of 36 pictures are sure of/);
    const colours = new Set(await answersOf(page));
    expect(colours.size).toBeGreaterThan(1);
    const [one] = colours;
    await page.locator('.sentence select').first().selectOption(one!);
    await page.waitForURL(/answer=/);
    await page.locator('main[aria-busy=false] .sentence', { hasText: 'answer' }).waitFor();
    await expect.poll(async () => new Set(await answersOf(page))).toEqual(new Set([one]));
  });

  it('shows of a picture its other answers, where its words look, and what is like it', async () => {
    await using opened = await open(`?ask=${encodeURIComponent(question)}`);
    const { page, faults } = opened;
    await page.locator('.tile button').first().click();
    const details = page.getByRole('dialog');
    await details.locator('.answers li').nth(4).waitFor();
    expect(await details.locator('.answers li').first().textContent()).toMatch(/^yes(\d+|> 99) %$/);
    await details.locator('.look canvas').nth(1).waitFor();
    expect(await details.locator('figcaption').allInnerTexts()).toEqual([
      expect.stringMatching(/^teacher/),
      expect.stringMatching(/^student/),
    ]);
    expect(await details.locator('.words label').allInnerTexts()).toEqual(['is', 'there', 'a', 'blue', 'shape', '?']);
    await details.locator('.words label', { hasText: 'blue' }).click();
    await details.getByRole('img', { name: 'Where the student looks for “blue”' }).waitFor();
    await details.locator('.strip img.there').nth(7).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const path = new URL(page.url()).searchParams.get('open');
    await details.getByRole('button', { name: 'Show all that are like it' }).click();
    await page.getByText(`Like ${path!.replace(/.*\//, '')}, the most alike first`).waitFor();
    expect(await pathsOf(page)).not.toContain(path);
    expect(faults).toEqual([]);
  });

  it('hides near-duplicates behind the first of them, and counts them', async () => {
    await using opened = await open(`?ask=${encodeURIComponent(question)}&p=0`);
    const { page } = opened;
    await page.locator('main[aria-busy=false] .cut').waitFor();
    await unfold(page);
    await page.getByLabel('Hide near-duplicates').check();
    await page.locator('.behind').first().waitFor();
    const paths = await pathsOf(page);
    expect(paths.filter((path) => path.includes('copy')).length + COUNT).toBeLessThanOrEqual(ALL);
    expect(paths.length).toBeLessThanOrEqual(COUNT);
    expect(await found(page)).toBe(String(ALL));
    expect(await violationsOf(page)).toEqual([]);
  });

  it('saves what is shown as a file', async () => {
    await using opened = await open(`?ask=${encodeURIComponent(question)}&sort=path`);
    const { page } = opened;
    await page.locator('main[aria-busy=false] .cut').waitFor();
    const count = Number(await found(page));
    const saved = async (kind: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Save as ${kind}` }).click(),
      ]);
      return await readFile(await download.path(), 'utf8');
    };
    const lines = (await saved('CSV')).trimEnd().split('\r\n');
    expect(lines[0]).toBe('path,date,answer,probability,duplicates');
    expect(lines).toHaveLength(1 + count);
    const json = JSON.parse(await saved('JSON'));
    expect(json.question).toBe(question);
    expect(json.answers).toHaveLength(count);
  });

  it('takes pictures that are dropped, and asks them at once', async () => {
    await using opened = await open();
    const { page } = opened;
    await page.locator('.wall').waitFor();
    const before = Number((await page.locator('h1').textContent())!.split(' ')[0]);
    const added = await temporaryFolder();
    await writePictures(added, 2);
    const bytes = await readFile(join(added, 'table', '001.png'));
    const name = `new ${setting.name}.png`;
    const transfer = await page.evaluateHandle(
      `(() => { const t = new DataTransfer(); const b = Uint8Array.from(atob('${bytes.toString('base64')}'), (c) => c.charCodeAt(0));
        t.items.add(new File([b], '${name}', { type: 'image/png' }));
        t.items.add(new File(['no picture'], 'broken.png', { type: 'image/png' })); return t; })()`,
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
    await page.getByText('1 picture added.').waitFor();
    expect(await page.locator('.toast .warning').textContent()).toMatch(/^broken\.png: /);
    await page.getByRole('heading', { name: `${before + 1} pictures. Ask them anything.` }).waitFor();
    expect(await pathsOf(page)).toContain(name);
    expect(await violationsOf(page)).toEqual([]);
    await fetch(`${served!.url}/v1/caches/pictures/images?path=${encodeURIComponent(name)}`, { method: 'DELETE' });
  });

  it('is as wide as the window', async () => {
    await using opened = await open(`?ask=${encodeURIComponent(question)}&and=is+there+a+red+shape%3F`);
    const { page } = opened;
    await page.locator('main[aria-busy=false] .cut').waitFor();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
  });
});
