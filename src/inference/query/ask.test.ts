import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { answered } from '../../../test/fixtures/answered.ts';
import type { Model } from '../../checkpoints/model-file.ts';
import { collate } from '../../data/batch.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { dide } from '../../model/architecture.ts';
import { inputsFor } from '../../model/inputs.ts';
import { createParams } from '../../model/params.ts';
import { cacheImages } from '../cache-images.ts';
import type { ImageCache } from '../image-cache.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { preprocessorFor } from '../preprocessor.ts';
import { scan } from '../scan.ts';
import { ask } from './ask.ts';

const question = 'what color is the large circle ?';
const trained = randomStudent();
const count = 13;
const images = Object.keys(numbered(count));
let folder: string;
let cache: ImageCache;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeImages(folder, numbered(count));
  cache = await cacheImages(trained, folder, {
    to: join(folder, 'images.cache'),
    batch: 3,
    threads: 1,
    precision: 'float32',
  });
});

/** Logits of the whole model for one image at a time, without a cache: a row each. */
const directLogits = async ({ config, weights }: Model): Promise<Map<string, Float32Array>> => {
  const { sizes, task, answers } = config;
  const preprocessor = preprocessorFor(config, { batch: 1 });
  const { logits } = answered(dide, createParams(), inputsFor(sizes), {
    sizes,
    head: { task, answers: answers.length },
  });
  await using session = await compile({ logits }, { weights, threads: 1 });
  const all = new Map<string, Float32Array>();
  for (const path of images) {
    const encoded = await preprocessor.prepare({ id: path, text: question, images: [join(folder, path)], answers: [] });
    all.set(path, (await session.run<'logits'>(collate([encoded], preprocessor.collate))).logits.data);
  }
  return all;
};

const softmax = (row: Float32Array): number[] => {
  const raised = Array.from(row, (logit) => Math.exp(logit));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((part) => part / sum);
};
const sigmoid = (row: Float32Array): number[] => Array.from(row, (logit) => 1 / (1 + Math.exp(-logit)));

describe('a question over a cache', () => {
  it('has exactly the logits that the student gives without one, whatever the sizes of the images', async () => {
    const direct = await directLogits(trained);
    await using student = await openPredictor(trained, { threads: 1 });
    const encoded = await preprocessorFor(trained.config, { batch: 1 }).prepare({
      id: '',
      text: question,
      images: [],
      answers: [],
    });
    const text = await student.textFeatures(collate([encoded], trained.config.sizes));
    let [seen, furthest, largest] = [0, 0, 0];
    for await (const { entries, features } of cache.blocks({ rows: 4 })) {
      const logits = await student.answerFeatures(text, features);
      for (const [row, { path }] of entries.entries()) {
        seen += 1;
        for (const [i, logit] of direct.get(path)!.entries()) {
          furthest = Math.max(furthest, Math.abs(logit - logits.data[row * logits.shape[1]! + i]!));
          largest = Math.max(largest, Math.abs(logit));
        }
      }
    }
    expect(seen).toBe(count);
    expect(largest).toBeGreaterThan(0.1);
    expect(furthest).toBeLessThan(1e-5);
  });

  it.each([
    ['softmax', softmax],
    ['sigmoid', sigmoid],
  ] as const)('is answered best first, with the probability by %s', async (scoring, probabilities) => {
    const scored = { ...trained, config: { ...trained.config, scoring } };
    const direct = await directLogits(scored);
    const expected = [...direct].map(([image, logits]) => {
      const all = probabilities(logits);
      const probability = Math.max(...all);
      return { image, answer: trained.config.answers[all.indexOf(probability)], probability };
    });
    expected.sort((a, b) => b.probability - a.probability);
    await using student = await openPredictor(scored, { threads: 1 });
    const answers = await ask(student, cache, question);
    expect(answers.map(({ image, answer }) => ({ image, answer }))).toEqual(
      expected.map(({ image, answer }) => ({ image, answer })),
    );
    for (const [i, { probability }] of answers.entries()) expect(probability).toBeCloseTo(expected[i]!.probability, 5);
    expect(await ask(student, cache, question, { top: 3 })).toEqual(answers.slice(0, 3));
  });

  it('can rank the images by one answer', async () => {
    const direct = await directLogits(trained);
    const place = trained.config.answers.indexOf('yes');
    await using student = await openPredictor(trained, { threads: 1 });
    const answers = await ask(student, cache, question, { answer: 'yes', top: 2 });
    const best = [...direct].sort(([, a], [, b]) => b[place]! - a[place]!)[0]!;
    expect(answers[0]).toMatchObject({ image: best[0], answer: 'yes' });
    expect(answers[0]!.probability).toBeCloseTo(sigmoid(best[1])[place]!, 5);
    await expect(ask(student, cache, question, { answer: 'perhaps' })).rejects.toThrow('"perhaps" is not among the');
  });

  it('breaks ties by path', async () => {
    const same = await temporaryFolder();
    await writeImages(same, { 'b.png': 1, 'a.png': 1, 'c.png': 1 });
    const twins = await cacheImages(trained, same, { to: join(same, 'images.cache'), threads: 1 });
    await using student = await openPredictor(trained, { threads: 1 });
    expect((await ask(student, twins, question)).map(({ image }) => image)).toEqual(['a.png', 'b.png', 'c.png']);
    expect((await ask(student, twins, question, { top: 1 })).map(({ image }) => image)).toEqual(['a.png']);
  });

  it('may be asked while another is under way', async () => {
    await using student = await openPredictor(trained, { threads: 1 });
    const questions = [question, 'how many squares are there ?', question];
    const together = await Promise.all(questions.map((one) => ask(student, cache, one)));
    expect(together[0]).toEqual(together[2]);
    expect(together[1]).toEqual(await ask(student, cache, questions[1]!));
    expect(together[1]).not.toEqual(together[0]);
  });

  it('says when the question was cut or has unknown words, and refuses an empty one', async () => {
    await using student = await openPredictor(trained, { threads: 1 });
    const notices: string[] = [];
    await ask(student, cache, 'is there a '.repeat(20), { onWarning: (message) => notices.push(message) });
    await ask(student, cache, 'is there a zeppelin ?', { onWarning: (message) => notices.push(message) });
    expect(notices).toEqual([
      expect.stringContaining('only its first 38 word pieces are read'),
      expect.stringContaining('zeppelin'),
    ]);
    await expect(ask(student, cache, '  ')).rejects.toMatchObject({ name: 'UserError' });
    await expect(ask(student, cache, question, { top: 0 })).rejects.toThrow('ask for at least 1');
  });

  it('is refused over the cache of another student, naming both', async () => {
    await using other = await openPredictor(randomStudent(1), { threads: 1 });
    await using own = await openPredictor(trained);
    const refused = ask(other, cache, question);
    await expect(refused).rejects.toMatchObject({ name: 'UserError' });
    await expect(refused).rejects.toThrow(
      new RegExp(`${own.identity().slice(0, 12)}.*${other.identity().slice(0, 12)}`),
    );
  });

  it('can be left after the first answers', async () => {
    await using student = await openPredictor(trained, { threads: 1 });
    for await (const some of scan(student, await openImageCache(cache.folder), [{ text: question }])) {
      expect(some.places.length).toBeGreaterThan(0);
      break;
    }
  });
});
