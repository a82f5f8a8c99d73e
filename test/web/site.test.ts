import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assetPath } from '../../src/files/asset.ts';
import { answer, ask, cacheImages, loadModel, openImageCache } from '../../src/index.ts';
import { writeSite } from '../../src/server.ts';
import { writeNano } from '../fixtures/nano.ts';
import { chromiumPath, openBrowser, openPage, runtimeFolder, serveFiles } from './web.fixture.ts';

const question = 'is there a red circle?';
const student = assetPath('student-mini.safetensors');
let root: string;
let browser: Browser;
const at = (name: string): string => join(root, name);

beforeAll(async () => {
  if (!chromiumPath) return;
  root = await mkdtemp(join(tmpdir(), 'dide-site-'));
  await writeNano(at('data'), 24);
  const model = await loadModel(student);
  await cacheImages(model, at('data/images'), { to: at('photos.cache'), precision: 'float32', threads: 1 });
  const page = fileURLToPath(new URL('../../page', import.meta.url));
  await build({ configFile: join(page, 'vite.config.ts'), logLevel: 'error', build: { outDir: at('page') } });
  const cache = await openImageCache(at('photos.cache'));
  const teacher = await loadModel(assetPath('teacher-mini.safetensors'));
  const made = { to: at('site'), images: at('data/images'), page: at('page'), runtime: runtimeFolder, teacher };
  const report = await writeSite(model, cache, { ...made, title: 'Scenes', examples: [question] });
  expect(report.images).toBe(cache.size);
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

const SLOW = { timeout: 240_000 };

describe.skipIf(!chromiumPath)('a site on a plain server of files', { timeout: 600_000 }, () => {
  it.each([false, true])('answers as Node does, isolated from other origins: %s', async (isolated) => {
    await using server = await serveFiles(at('site'), { isolated });
    const { page, errors, foreign } = await openPage(browser, server.url);
    await page.waitForSelector('.tile img', SLOW);
    await page.getByText(question).click(SLOW);
    await page.waitForSelector('.tile .caption', SLOW);
    const shown = await page.locator('.tile').count();
    expect(shown).toBeGreaterThan(0);
    const said = await page.evaluate('document.body.innerText');
    const all = await ask(await loadModel(student), await openImageCache(at('photos.cache')), question, {});
    const sure = all.filter(({ probability }) => probability >= 0.5);
    expect(said).toMatch(new RegExp(`${sure.length}\\s+of\\s+${all.length}`));
    await page.locator('.tile button').first().click();
    await page.locator('dialog .look canvas').nth(1).waitFor(SLOW);
    expect(await page.locator('dialog .looks figcaption').allTextContents()).toEqual([
      expect.stringMatching(/^teacher(yes|no), /),
      expect.stringMatching(/^studentyes, /),
    ]);
    expect(await violations(page)).toEqual([]);
    expect([errors, foreign]).toEqual([[], []]);
    await page.close();
  });

  it('trains on pictures of its user, stops, goes on, and saves what Node opens', async () => {
    await using server = await serveFiles(at('site'), { isolated: false });
    const { page, errors, foreign } = await openPage(browser, `${server.url}train.html`);
    const file = (number: number): string => at(`data/images/train/${String(number).padStart(6, '0')}.png`);
    await label(page, 'star', [1, 2, 3].map(file));
    await label(page, 'circle', [4, 5, 6].map(file));
    await page.getByLabel('Updates').fill('40');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Stop' }).click(SLOW);
    await page.getByRole('button', { name: 'Continue' }).click(SLOW);
    await page.getByText('40 of 40 updates').waitFor(SLOW);
    const save = page.getByRole('button', { name: 'Save the student' });
    await save.waitFor(SLOW);
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
    const [download] = await Promise.all([page.waitForEvent('download', SLOW), save.click()]);
    await cp(await download.path(), at('learnt.safetensors'));
    const learnt = await loadModel(at('learnt.safetensors'));
    expect(learnt.config.answers).toEqual(['circle', 'star']);
    const answers = await answer(learnt, file(1), 'what is this?');
    expect(answers.map(({ answer: said }) => said).toSorted()).toEqual(['circle', 'star']);
    expect([errors, foreign]).toEqual([[], []]);
    await page.close();
  });
});

/** Gives an answer its pictures. */
const label = async (page: Page, name: string, files: string[]): Promise<void> => {
  await page.getByRole('textbox', { name: 'Answer' }).fill(name);
  await page.getByLabel('Pictures of this answer').setInputFiles(files);
  await page.locator('.labels').getByText(name, { exact: true }).waitFor(SLOW);
};

/** Violations that axe-core finds in a page. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate('axe.run().then(({ violations }) => violations)');
  return (found as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
};
