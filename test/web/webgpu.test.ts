import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assetPath } from '../../src/files/asset.ts';
import { answer, ask, cacheImages, loadModel, openImageCache, saveModel } from '../../src/index.ts';
import { writeSite } from '../../src/server.ts';
import { writeNano } from '../fixtures/nano.ts';
import { chromiumPath, openBrowser, openPage, runtimeFolder, serveFiles, writeHarness } from './web.fixture.ts';

/** A graphics processor in software, which this browser may bring with it. */
const software = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
const question = 'is there a red circle?';
/** SwiftShader has no numbers of 16 bits in its shaders. */
const precisions = ['float32', 'int8'] as const;
/** Largest difference of a probability: another order of sums, and shorter polynomials of exp and erf. */
const NEAR = 1e-3;

let root: string;
let browser: Browser | undefined;
let hasAdapter = false;
const at = (name: string): string => join(root, name);

beforeAll(async () => {
  if (!chromiumPath) return;
  root = await mkdtemp(join(tmpdir(), 'dide-gpu-'));
  await writeNano(at('data'), 24);
  const model = await loadModel(assetPath('student-mini.safetensors'));
  await saveModel(at('student.safetensors'), model);
  for (const precision of precisions)
    await cacheImages(model, at('data/images/train'), { to: at(precision), precision, threads: 1 });
  await writeHarness(root);
  const page = fileURLToPath(new URL('../../page', import.meta.url));
  await build({ configFile: join(page, 'vite.config.ts'), logLevel: 'error', build: { outDir: at('page') } });
  const made = { to: at('site'), images: at('data/images/train'), page: at('page'), runtime: runtimeFolder };
  await writeSite(model, await openImageCache(at('int8')), { ...made, provider: 'webgpu', examples: [question] });
  browser = await openBrowser(software, { hasGpu: true });
  await using server = await serveFiles(root, { isolated: false });
  const { page: tab } = await openPage(browser, `${server.url}harness.html`);
  hasAdapter = await tab.evaluate<boolean>(
    '(async () => Boolean(await navigator.gpu?.requestAdapter().catch(() => null)))()',
  );
  await tab.close();
}, 600_000);
afterAll(async () => {
  await browser?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

interface Told {
  readonly image?: string;
  readonly answer: string;
  readonly probability: number;
}

const byName = (all: readonly Told[]): Told[] =>
  all.toSorted((a, b) => (`${a.image} ${a.answer}` < `${b.image} ${b.answer}` ? -1 : 1));

const expectNear = (found: readonly Told[], own: readonly Told[]): void => {
  const [a, b] = [byName(found), byName(own)];
  expect(a.map(({ image, answer: said }) => [image, said])).toEqual(b.map(({ image, answer: said }) => [image, said]));
  const apart = a.map(({ probability }, i) => Math.abs(probability - b[i]!.probability));
  expect(Math.max(...apart)).toBeLessThan(NEAR);
};

describe.skipIf(!chromiumPath)('a student on WebGPU', { timeout: 900_000 }, () => {
  it('answers and asks as Node does', async ({ skip }) => {
    if (!hasAdapter) return skip('this browser gives no adapter, not even SwiftShader');
    await using server = await serveFiles(root, { isolated: false });
    const { page, errors, foreign } = await openPage(browser!, `${server.url}harness.html`);
    await page.waitForFunction('globalThis.web');
    const found = await page.evaluate<{ answers: Told[]; asked: Told[][] }>(`(async () => {
      await using student = web.openPredictor(await web.loadModel('student.safetensors'), await loadGpu(), { provider: 'webgpu' });
      const blob = await (await fetch('data/images/train/000003.png')).blob();
      const asked = [];
      for (const precision of ${JSON.stringify(precisions)})
        asked.push(await web.ask(student, await web.openImageCache(precision), '${question}'));
      return { answers: await web.answer(student, blob, 'what color is the circle?'), asked };
    })()`);
    expect([errors, foreign]).toEqual([[], []]);
    await page.close();
    const model = await loadModel(at('student.safetensors'));
    expectNear(found.answers, await answer(model, at('data/images/train/000003.png'), 'what color is the circle?'));
    for (const [i, precision] of precisions.entries())
      expectNear(found.asked[i]!, await ask(model, await openImageCache(at(precision)), question));
  });
});

const SLOW = { timeout: 400_000 };

describe.skipIf(!chromiumPath)('a site with the files of WebGPU', { timeout: 900_000 }, () => {
  /** Text that a visitor reads about a question. */
  const told = async (tab: Browser, search: string): Promise<string> => {
    await using server = await serveFiles(at('site'), { isolated: false });
    const { page, errors, foreign } = await openPage(tab, `${server.url}${search}`);
    await page.getByText(question).click(SLOW);
    await page.waitForSelector('.tile .caption', SLOW);
    const said = await page.evaluate<string>('document.body.innerText');
    expect([errors, foreign]).toEqual([[], []]);
    await page.close();
    return said;
  };
  const sureOf = async (): Promise<RegExp> => {
    const all = await ask(await loadModel(at('student.safetensors')), await openImageCache(at('int8')), question);
    return new RegExp(`${all.filter(({ probability }) => probability >= 0.5).length}\\s+of\\s+${all.length}`);
  };

  it('computes on one in its worker, where it is wished for', async ({ skip }) => {
    if (!hasAdapter) return skip('this browser gives no adapter, not even SwiftShader');
    const said = await told(browser!, '?compute=webgpu');
    expect(said).toContain('on the graphics processor (WebGPU)');
    expect(said).toMatch(await sureOf());
  });

  it('computes in WebAssembly where software plays the graphics processor', async () => {
    const said = await told(browser!, '');
    expect(said).toContain('in WebAssembly on one thread.');
    expect(said).toMatch(await sureOf());
  });

  it('computes in WebAssembly, and says why, where there is no graphics processor', async () => {
    await using plain = await openBrowser();
    const said = await told(plain, '?compute=webgpu');
    expect(said).toContain('in WebAssembly on one thread (this browser gives no graphics processor)');
    expect(said).toMatch(await sureOf());
  });
});
