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
const SLOW = { timeout: 240_000 };

let root: string;
let browser: Browser | undefined;
let [hasAdapter, hasHalves] = [false, false];
const at = (name: string): string => join(root, name);

beforeAll(async () => {
  if (!chromiumPath) return;
  root = await mkdtemp(join(tmpdir(), 'dide-gpu-'));
  await writeNano(at('data'), 24);
  const model = await loadModel(assetPath('student-mini.safetensors'));
  await saveModel(at('student.safetensors'), model);
  for (const precision of [...precisions, 'float16'] as const)
    await cacheImages(model, at('data/images/train'), { to: at(precision), precision, threads: 1 });
  const page = fileURLToPath(new URL('../../page', import.meta.url));
  await build({ configFile: join(page, 'vite.config.ts'), logLevel: 'error', build: { outDir: at('page') } });
  for (const precision of ['float32', 'float16'])
    await writeSite(model, await openImageCache(at(precision)), {
      ...{ to: at(`site-${precision}`), images: at('data/images/train'), page: at('page'), runtime: runtimeFolder },
      ...{ title: 'Scenes', webgpu: true, examples: [question] },
    });
  await writeHarness(root);
  browser = await openBrowser(software, { hasGpu: true });
  await using server = await serveFiles(root, { isolated: false });
  const { page: tab } = await openPage(browser, `${server.url}harness.html`);
  const features = await tab.evaluate<string[] | null>(
    '(async () => { const adapter = await navigator.gpu?.requestAdapter().catch(() => null); return adapter ? [...adapter.features] : null; })()',
  );
  [hasAdapter, hasHalves] = [features !== null, features?.includes('shader-f16') === true];
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

  it.each([
    [true, 'float32'],
    [true, 'float16'],
    [false, 'float32'],
  ] as const)('is what a site computes with where there is one (%s) that reads its %s', async (hasGpu, precision) => {
    if (hasGpu && !hasAdapter) return;
    const other = hasGpu ? browser! : await openBrowser();
    try {
      await using server = await serveFiles(at(`site-${precision}`), { isolated: false });
      const { page, errors, foreign } = await openPage(other, server.url);
      await page.waitForSelector('.tile img', SLOW);
      await page.getByText(question).click(SLOW);
      await page.waitForSelector('.tile .caption', SLOW);
      const lack = hasGpu
        ? 'its graphics processor has no numbers of 16 bits'
        : 'this browser gives no graphics processor';
      const isOnGpu = hasGpu && (precision === 'float32' || hasHalves);
      expect(await page.locator('.cost').textContent()).toContain(
        isOnGpu ? 'on the graphics processor (WebGPU)' : `in WebAssembly on one thread, since ${lack}`,
      );
      const all = await ask(await loadModel(at('student.safetensors')), await openImageCache(at(precision)), question);
      const sure = all.filter(({ probability }) => probability >= 0.5);
      expect(await page.locator('.sentence strong').textContent()).toBe(String(sure.length));
      expect([errors, foreign]).toEqual([[], []]);
      await page.close();
    } finally {
      if (!hasGpu) await other.close();
    }
  });
});
