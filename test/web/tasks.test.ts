import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../../src/data/image.ts';
import { cacheImages, loadModel, type Model, openImageCache, saveModel } from '../../src/index.ts';
import { randomStudent } from '../../src/inference/inference.fixture.ts';
import {
  type ExplainedPair,
  entail,
  type JudgedImage,
  type JudgedPair,
  openExplainer,
  reason,
} from '../../src/query.ts';
import { writeNano } from '../fixtures/nano.ts';
import { chromiumPath, openBrowser, openPage, serveFiles, writeHarness } from './web.fixture.ts';

/** Students that have learnt nothing, of each task that is no question. */
const students = {
  ve: randomStudent(2, { task: 've', answers: ['contradiction', 'entailment', 'neutral'], scoring: 'softmax' }),
  nlvr2: randomStudent(4, {
    ...{ task: 'nlvr2', images: 2, answers: ['False', 'True'], scoring: 'softmax' },
    sizes: { ...randomStudent().config.sizes, types: 3 },
  }),
  vqa: randomStudent(5),
  teacher: randomStudent(6, { model: 'vilt' }),
} satisfies Record<string, Model>;
const picture = 'data/images/train/000003.png';

let root: string;
let browser: Browser;
const at = (name: string): string => join(root, name);

beforeAll(async () => {
  if (!chromiumPath) return;
  root = await mkdtemp(join(tmpdir(), 'dide-web-'));
  await writeNano(at('data'), 12);
  for (const [name, model] of Object.entries(students)) await saveModel(at(`${name}.safetensors`), model);
  for (const name of ['ve', 'nlvr2'] as const)
    await cacheImages(students[name], at('data/images/train'), {
      to: at(`${name}.cache`),
      precision: 'float32',
      threads: 1,
    });
  await writeHarness(root);
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

/** Runs code in a page that has `web`, `ort` and `load`, which loads a student by its name. */
const inPage = async <T>(code: string): Promise<T> => {
  await using server = await serveFiles(root, { isolated: false });
  const { page, errors, foreign } = await openPage(browser, `${server.url}harness.html`);
  await page.waitForFunction('globalThis.web');
  const result = await page.evaluate(`(async () => {
    const load = (name) => web.loadModel(name + '.safetensors');
    ${code}
  })()`);
  expect([errors, foreign]).toEqual([[], []]);
  await page.close();
  return result as T;
};

/** Numbers of anything, in their order. */
const numbersIn = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
};

const expectNear = (found: unknown, own: unknown): void => {
  const [a, b] = [numbersIn(found), numbersIn(own)];
  expect([a.length, a.length > 0]).toEqual([b.length, true]);
  expect(Math.max(...a.map((number, i) => Math.abs(number - b[i]!)))).toBeLessThan(1e-5);
};

describe.skipIf(!chromiumPath)('a student in a browser', { timeout: 600_000 }, () => {
  it('judges hypotheses as Node does', async () => {
    const hypothesis = 'there is a red circle .';
    const found = await inPage<JudgedImage[]>(`
      await using student = web.openPredictor(await load('ve'), ort);
      const images = await web.openImageCache('ve.cache');
      return await web.entail(student, images, '${hypothesis}', { sort: 'path', paths: '*[1-9].png' });`);
    const own = await entail(await loadModel(at('ve.safetensors')), await openImageCache(at('ve.cache')), hypothesis, {
      ...{ sort: 'path', paths: '*[1-9].png', threads: 1 },
    });
    expect(found.map(({ image }) => image)).toEqual(own.map(({ image }) => image));
    expectNear(found, own);
  });

  it('reasons about pairs as Node does', async () => {
    const statement = 'both show a circle .';
    const found = await inPage<JudgedPair[]>(`
      await using student = web.openPredictor(await load('nlvr2'), ort);
      const images = await web.openImageCache('nlvr2.cache');
      return await web.reason(student, images, '${statement}', { top: 1000 });`);
    const own = await reason(students.nlvr2, await openImageCache(at('nlvr2.cache')), statement, {
      ...{ top: 1000, threads: 1 },
    });
    const byPaths = (pairs: readonly JudgedPair[]) =>
      pairs.toSorted((a, b) => (a.images.join(' ') < b.images.join(' ') ? -1 : 1));
    expect(byPaths(found).map(({ images }) => images)).toEqual(byPaths(own).map(({ images }) => images));
    expectNear(byPaths(found), byPaths(own));
  });

  it('says where the words look as Node does, beside its teacher and alone', async () => {
    const text = 'is there a red circle ?';
    const found = await inPage<{ both: ExplainedPair; alone: ExplainedPair; pixels: number[] }>(`
      const models = { teacher: await load('teacher'), student: await load('vqa') };
      await using explainer = web.openExplainer(models, ort);
      const pair = { image: await (await fetch('${picture}')).blob(), text: '${text}' };
      const [[both], [alone]] = [await explainer.explain([pair]), await explainer.explain([pair], { only: ['student'] })];
      const drawn = await web.pixelsOf(await (await fetch(both.image)).blob());
      return { both, alone, pixels: [...drawn.data] };`);
    const { teacher, vqa: student } = students;
    await using explainer = openExplainer({ teacher, student }, { threads: 1 });
    const pair = { image: at(picture), text };
    const [own] = await explainer.explain([pair]);
    expect(found.both.models.map(({ name }) => name)).toEqual(['teacher', 'student']);
    expect(found.both.words).toEqual(own!.words);
    expect(found.both.models.map(({ answers }) => answers.map(({ answer }) => answer))).toEqual(
      own!.models.map(({ answers }) => answers.map(({ answer }) => answer)),
    );
    expectNear(found.both.models, own!.models);
    const [alone] = await explainer.explain([pair], { only: ['student'] });
    expectNear(found.alone.models, alone!.models);
    expect(alone!.models[0]!.divergence).toBeUndefined();
    const bytes = Buffer.from(own!.image.replace(/^.*,/, ''), 'base64');
    expect(found.pixels).toEqual([...(await readImage(bytes)).data]);
  });
});
