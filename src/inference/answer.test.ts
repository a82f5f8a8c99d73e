import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from '../checkpoints/model-file.ts';
import { readImage } from '../data/image.ts';
import { vilt } from '../model/architecture.ts';
import { answer, answerEach } from './answer.ts';
import { cacheImages } from './cache-images.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from './inference.fixture.ts';
import { openPredictor } from './open-predictor.ts';
import { ask } from './query/ask.ts';

const student = randomStudent(3, { scoring: 'softmax' });
const teacher = createModel({ ...student.config, architecture: vilt }, 4);
const question = 'is there a large red circle ?';
const images = Object.keys(numbered(3));
let folder: string;
const pathOf = (image: string): string => join(folder, image);

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeImages(folder, numbered(3));
});

describe('an answer about one image', () => {
  it.each([
    ['student', student],
    ['teacher', teacher],
  ])('of a %s has probabilities that sum to 1, the most probable first', async (_, model) => {
    const ranked = await answer(model, pathOf(images[0]!), question, { threads: 1 });
    expect(ranked.map(({ answer: name }) => name).sort()).toEqual([...model.config.answers].sort());
    expect(ranked.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(ranked).toEqual(ranked.toSorted((a, b) => b.probability - a.probability));
    expect(await answer(model, pathOf(images[0]!), question, { top: 2, threads: 1 })).toEqual(ranked.slice(0, 2));
  });

  it('is that of the same image in a cache', async () => {
    const cache = await cacheImages(student, folder, {
      to: join(await temporaryFolder(), 'cache'),
      threads: 1,
      precision: 'float32',
    });
    for (const { image, answer: name, probability } of await ask(student, cache, question, {
      answer: null,
      threads: 1,
    })) {
      const [best] = await answer(student, pathOf(image), question, { top: 1, threads: 1 });
      expect(best!.answer).toBe(name);
      expect(best!.probability).toBeCloseTo(probability, 5);
    }
  });

  it('takes an image that is held in memory, and an open model', async () => {
    await using predictor = await openPredictor(student, { threads: 1 });
    const path = pathOf(images[1]!);
    const held = {
      name: 'held',
      read: async () => new Uint8Array(await (await import('node:fs/promises')).readFile(path)),
    };
    expect(await answer(predictor, held, question)).toEqual(await answer(predictor, path, question));
    expect((await readImage(path)).width).toBeGreaterThan(0);
  });

  it('of a model for two images is about both', async () => {
    const sizes = { ...teacher.config.sizes, types: 3 };
    const paired = createModel({ ...teacher.config, task: 'nlvr2', images: 2, sizes }, 5);
    const [a, b] = [pathOf(images[0]!), pathOf(images[1]!)];
    const [there, back] = [await answer(paired, [a, b], question), await answer(paired, [b, a], question)];
    expect(there).not.toEqual(back);
    await expect(answer(paired, a, question)).rejects.toThrow('answers about 2 images together, not about 1');
  });

  it('is refused with a reason', async () => {
    await expect(answer(student, pathOf('none.png'), question)).rejects.toThrow('there is no such image');
    await expect(answer(student, pathOf(images[0]!), ' ')).rejects.toThrow('question: the text is empty');
    await expect(answer(student, images.map(pathOf), question)).rejects.toThrow('about one image, not about 3');
    await expect(answer(student, pathOf(images[0]!), question, { top: 0 })).rejects.toThrow('ask for at least 1');
    const retriever = randomStudent(3, { task: 'retrieval', answers: [] });
    await expect(answer(retriever, pathOf(images[0]!), question)).rejects.toThrow('answers nothing');
  });
});

describe('one question about many images', () => {
  it('is answered about each as about it alone, and says which cannot be read', async () => {
    await writeFile(pathOf('broken.png'), 'no picture');
    const items = [...images.map(pathOf), pathOf('broken.png'), pathOf(images[0]!)];
    const all = [];
    for await (const one of answerEach(student, items, question, { top: 1, threads: 1 })) all.push(one);
    expect(all.map((one) => one.images)).toEqual(items.map((path) => [path]));
    expect(all.map((one) => 'failure' in one)).toEqual([false, false, false, true, false]);
    for (const one of all) {
      if ('failure' in one) expect(one.failure.message).toContain('broken.png');
      else {
        const [alone] = await answer(student, one.images, question, { top: 1, threads: 1 });
        expect(one.answers[0]!.answer).toBe(alone!.answer);
        expect(one.answers[0]!.probability).toBeCloseTo(alone!.probability, 5);
      }
    }
  });
});
