import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../../src/data/image.ts';
import { assetPath } from '../../src/files/asset.ts';
import {
  answer,
  ask,
  cacheImages,
  encodeImage,
  encodeText,
  loadModel,
  openImageCache,
  openPredictor,
  search,
} from '../../src/index.ts';
import { writeNano } from '../fixtures/nano.ts';
import { chromiumPath, openBrowser, openPage, serveFiles, writeHarness } from './web.fixture.ts';

const question = 'is there a red circle?';
const file = (number: number): string => `${String(number).padStart(6, '0')}.png`;

let root: string;
let browser: Browser;
const at = (name: string): string => join(root, name);
const student = assetPath('student-mini.safetensors');

beforeAll(async () => {
  if (!chromiumPath) return;
  root = await mkdtemp(join(tmpdir(), 'dide-web-'));
  await writeNano(at('data'), 24);
  await copyFile(student, at('student.safetensors'));
  const model = await loadModel(student);
  for (const precision of ['float32', 'float16', 'int8'] as const)
    await cacheImages(model, at('data/images/train'), { to: at(precision), precision, threads: 1 });
  await writeHarness(root);
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

/** Runs code in a page that has `web`, `ort` and an open `student`. */
const inPage = async <T>(code: string, isolated = false): Promise<T> => {
  await using server = await serveFiles(root, { isolated });
  const { page, errors, foreign } = await openPage(browser, `${server.url}harness.html`);
  await page.waitForFunction('globalThis.web');
  const result = await page.evaluate(`(async () => {
    const pixels = async (path) => web.pixelsOf(await (await fetch(path)).blob());
    await using student = web.openPredictor(await web.loadModel('student.safetensors'), ort);
    ${code}
  })()`);
  expect([errors, foreign]).toEqual([[], []]);
  await page.close();
  return result as T;
};

describe.skipIf(!chromiumPath)('a student in a browser', { timeout: 600_000 }, () => {
  it('reads pictures and texts to the numbers that Node does', async () => {
    const found = await inPage<{ pixels: number[]; image: number[]; text: number[]; isolated: boolean }>(`
      const picture = await pixels('data/images/train/${file(1)}');
      const image = await student.imageFeatures(await web.encodeImage(student, picture));
      const text = await student.textFeatures(web.encodeText(student, '${question}'));
      return { pixels: [...picture.data], image: [...image.data], text: [...text.data], isolated: crossOriginIsolated };`);
    await using own = await openPredictor(await loadModel(student), { threads: 1 });
    const picture = await readImage(at(`data/images/train/${file(1)}`));
    expect(found.isolated).toBe(false);
    expect(found.pixels).toEqual([...picture.data]);
    expectNear(found.image, (await own.imageFeatures(await encodeImage(own, picture))).data);
    expectNear(found.text, (await own.textFeatures(encodeText(own, question))).data);
  });

  it.each([false, true])('answers as Node does, isolated from other origins: %s', async (isolated) => {
    const found = await inPage<{ answers: Told[]; isolated: boolean }>(
      `const blob = await (await fetch('data/images/train/${file(2)}')).blob();
       return { answers: await web.answer(student, blob, 'what color is the circle?'), isolated: crossOriginIsolated };`,
      isolated,
    );
    const own = await answer(await loadModel(student), at(`data/images/train/${file(2)}`), 'what color is the circle?');
    expect(found.isolated).toBe(isolated);
    expectSame(found.answers, own);
  });

  it.each(['float32', 'float16', 'int8'])('asks and searches vectors of %s as Node does', async (precision) => {
    const found = await inPage<{ asked: Told[]; like: { image: string; score: number }[]; size: number }>(`
      const images = await web.openImageCache('${precision}');
      const options = { atLeast: 0.001, paths: '*[1-9].png', nearDuplicates: 0 };
      const asked = await web.ask(student, images, '${question}', options);
      const like = await web.search(student, images, { like: await pixels('data/images/train/${file(3)}') }, { top: 5 });
      return { asked, like, size: images.size };`);
    const [model, images] = [await loadModel(student), await openImageCache(at(precision))];
    const options = { atLeast: 0.001, paths: '*[1-9].png', nearDuplicates: 0 };
    const asked = await ask(model, images, question, options);
    expect([found.size, asked.length > 5]).toEqual([48, true]);
    expectSame(found.asked, asked);
    const like = await search(model, images, { like: await readImage(at(`data/images/train/${file(3)}`)) }, { top: 5 });
    expect(found.like.map(({ image }) => image)).toEqual(like.map(({ image }) => image));
    expectNear(
      found.like.map(({ score }) => score),
      like.map(({ score }) => score),
    );
  });
});

/** An answer as both sides tell it. */
interface Told {
  readonly answer: string;
  readonly probability: number;
  readonly image?: string;
}

const expectNear = (found: Iterable<number>, own: Iterable<number>): void => {
  const [a, b] = [[...found], [...own]];
  expect(a.length).toBe(b.length);
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-5);
};

/** Pictures and answers in the same order, but for those whose probabilities are equal to 1e-5, and the same numbers. */
const expectSame = (found: readonly Told[], own: readonly Told[]): void => {
  const key = ({ image, answer: said }: Told): string => `${image} ${said}`;
  const sorted = (all: readonly Told[]) => all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  expect(sorted(found).map(key)).toEqual(sorted(own).map(key));
  expectNear(
    sorted(found).map(({ probability }) => probability),
    sorted(own).map(({ probability }) => probability),
  );
  expectNear(
    found.map(({ probability }) => probability),
    own.map(({ probability }) => probability),
  );
};
