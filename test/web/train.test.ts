import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import type { Example } from '../../src/data/example.ts';
import { preprocessorFor, scoredLabel } from '../../src/data.ts';
import { answer, createStudent, loadModel, saveModel } from '../../src/index.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { train } from '../../src/training.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';
import { chromiumPath, openBrowser, openPage, serveFiles, writeHarness } from './web.fixture.ts';

let root: string;
let browser: Browser;
let teacher: Model;
let student: Model;
const at = (name: string): string => join(root, name);
const picture = (number: number): string => `data/images/train/${String(number).padStart(6, '0')}.png`;
const examples = Array.from({ length: 8 }, (_, i) => ({
  image: picture(i + 1),
  text: i % 2 ? 'what color is the star?' : 'is there a red circle in it?',
  answer: ['yes', 'no', 'red', 'blue'][i % 4]!,
}));

beforeAll(async () => {
  if (!chromiumPath) return;
  root = await mkdtemp(join(tmpdir(), 'dide-web-train-'));
  await writeNano(at('data'), 8);
  teacher = createModel(nanoDescription('vilt'), 1);
  student = createStudent(teacher, { depth: 1, seed: 2 });
  await saveModel(at('teacher.safetensors'), teacher);
  await saveModel(at('student.safetensors'), student);
  await writeHarness(root);
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

/** Result of ten updates in a page. */
interface Trained {
  readonly losses: readonly Readonly<Record<string, number>>[];
  readonly validation: number;
  /** Length of the file that is saved in the midst of them. */
  readonly midway: number;
  /** Bytes of the file at their end. */
  readonly file: readonly number[];
  readonly answers: readonly { readonly answer: string; readonly probability: number }[];
}

const options = { updates: 10, batch: 4, seed: 3, clip: 1, dropoutRate: 0.2, learningRate: 1e-3 };

const trainInPage = async (isolated: boolean): Promise<Trained> => {
  await using server = await serveFiles(root, { isolated });
  const { page, errors, foreign } = await openPage(browser, `${server.url}harness.html`);
  await page.waitForFunction('globalThis.web');
  const result = await page.evaluate(`(async () => {
    const [teacher, student] = [await web.loadModel('teacher.safetensors'), await web.loadModel('student.safetensors')];
    const blob = async (path) => (await fetch(path)).blob();
    const labelled = [];
    for (const { image, text, answer } of ${JSON.stringify(examples)}) labelled.push({ images: await blob(image), text, answer });
    const examples = [];
    for await (const one of web.prepareExamples(student, labelled)) examples.push(one);
    const losses = [];
    let [validation, midway] = [];
    for await (const step of web.train(student, ort, { ...${JSON.stringify(options)}, teacher, examples, validation: examples })) {
      losses.push(step.losses);
      validation = step.validation;
      if (step.number === 5) midway = web.saveModel(student).size;
    }
    const file = [...new Uint8Array(await web.saveModel(student).arrayBuffer())];
    await using open = web.openPredictor(student, ort);
    return { losses, validation, midway, file, answers: await web.answer(open, labelled[0].images, labelled[0].text) };
  })()`);
  expect([errors, foreign]).toEqual([[], []]);
  await page.close();
  return result as Trained;
};

/**
 * Whether a part of a parameter is the bias of keys. A softmax ignores what is added to all of them, so its gradient is 0 but
 * for rounding, of which AdamW makes whole steps.
 */
const isOfKeys = (name: string, part: number): boolean => name.endsWith('.qkv.bias') && part >= 1 / 3 && part < 2 / 3;

describe.skipIf(!chromiumPath)('training in a browser', { timeout: 600_000 }, () => {
  it.each([false, true])('moves the weights as Node does, isolated from other origins: %s', async (isolated) => {
    const found = await trainInPage(isolated);
    const own = await loadModel(at('student.safetensors'));
    const known = examples.map(
      (one, i): Example => ({
        ...{ id: `example ${i + 1}`, text: one.text, images: [at(one.image)] },
        answers: scoredLabel(one.answer),
      }),
    );
    const losses: Readonly<Record<string, number>>[] = [];
    let validation: number | undefined;
    const preprocessor = preprocessorFor(own.config, { batch: options.batch, pictures: 'as-shown' });
    const data = { examples: known, validation: known, preprocessor, task: vqa };
    for await (const step of train(own, { ...options, ...data, teacher, threads: 1 })) {
      losses.push(step.losses);
      validation = step.validation;
    }
    expect(found.losses).toHaveLength(10);
    expect(found.midway).toBe(found.file.length);
    for (const [i, step] of losses.entries())
      for (const [name, loss] of Object.entries(step))
        expect(Math.abs(found.losses[i]![name]! - loss)).toBeLessThan(1e-5);
    expect(found.validation).toBe(validation);
    await writeFile(at('trained.safetensors'), Uint8Array.from(found.file));
    const trained = await loadModel(at('trained.safetensors'));
    const before = await loadModel(at('student.safetensors'));
    let [difference, moved] = [0, 0];
    for (const [name, { data }] of own.weights) {
      for (const [i, value] of data.entries()) {
        if (isOfKeys(name, i / data.length)) continue;
        difference = Math.max(difference, Math.abs(value - trained.weights.get(name)!.data[i]!));
        moved = Math.max(moved, Math.abs(value - before.weights.get(name)!.data[i]!));
      }
    }
    expect(moved).toBeGreaterThan(1e-3);
    expect(difference).toBeLessThan(1e-5);
    const [best] = await answer(trained, at(examples[0]!.image), examples[0]!.text);
    expect(best!.answer).toBe(found.answers[0]!.answer);
    expect(Math.abs(best!.probability - found.answers[0]!.probability)).toBeLessThan(1e-5);
  });
});
