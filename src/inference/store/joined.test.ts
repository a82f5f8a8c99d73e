import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateStore } from '../../../bench/generated-store.ts';
import { trained } from '../caching.fixture.ts';
import { randomStudent, temporaryFolder } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { askAll } from '../query/ask-all.ts';
import type { QuestionsOptions } from '../query/questions.ts';
import { search } from '../query/search.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const generate = async (to: string, images: number, student = trained, precision: 'float16' | 'int8' = 'float16') => {
  await using predictor = await openPredictor(student, { threads: 1 });
  await generateStore(predictor, { to: at(to), images, precision });
};

beforeAll(async () => {
  folder = await temporaryFolder();
  await generate('small', 3000);
  await generate('large', 9000);
});

const QUESTIONS = ['is there a dog?'];

describe('several caches as one', () => {
  it.each<[string, QuestionsOptions]>([
    ['the most probable', { top: 20, histogram: true }],
    ['of a folder, by path', { folder: '2000/0002', sort: 'path', top: 30 }],
    ['by date, from a probability on', { sort: 'date', order: 'ascending', atLeast: 0.5, top: 40 }],
  ])('answer as each of them does, and say which has an image: %s', async (_, options) => {
    const places = [at('small'), at('large')];
    const [whole] = await askAll(trained, await openImageCache(places), QUESTIONS, options);
    const each = await Promise.all(
      places.map(async (place) => {
        const [result] = await askAll(trained, await openImageCache(place), QUESTIONS, options);
        return { ...result!, answers: result!.answers.map((one) => ({ ...one, cache: place })) };
      }),
    );
    expect(whole!.images).toBe(each[0]!.images + each[1]!.images);
    expect(whole!.found).toBe(each[0]!.found + each[1]!.found);
    const probabilities = new Map(
      each.flatMap(({ answers }) => answers.map((one) => [`${one.cache} ${one.image}`, one] as const)),
    );
    expect(whole!.answers).toHaveLength(options.top!);
    for (const one of whole!.answers) {
      const same = probabilities.get(`${one.cache} ${one.image}`)!;
      expect(one).toEqual({ ...same, probability: expect.closeTo(same.probability, 6) });
    }
    // both have the same first images, which stand beside each other
    expect(new Set(whole!.answers.map(({ cache }) => cache)).size).toBe(2);
  });

  it('have near-duplicates in each other, and are searched by an image of either', async () => {
    const both = await openImageCache([at('small'), at('large')]);
    expect(both.size).toBe(12_000);
    expect([both.pathAt(2999), both.pathAt(3000)]).toEqual(['2000/0002/IMG_0002999.jpg', '2000/0000/IMG_0000000.jpg']);
    expect(both.entryAt(3000)).toMatchObject({ path: '2000/0000/IMG_0000000.jpg', row: 3000 });
    const [{ answers }] = (await askAll(trained, both, QUESTIONS, { top: 3, nearDuplicates: 1e-6 })) as [never];
    for (const { image, duplicates } of answers as { image: string; duplicates?: string[] }[])
      expect(duplicates ?? [image]).toEqual([image]);
    const found = await search(trained, both, { like: '2000/0002/IMG_0002999.jpg' }, { top: 2 });
    expect(found.map(({ cache }) => cache)).toEqual([at('small'), at('large')]);
    expect(await both.check!()).toBe(12_000 * both.rowBytes);
  });

  it('are refused of two students or precisions, and where one is none', async () => {
    await generate('other', 10, randomStudent(5));
    await generate('int8', 10, trained, 'int8');
    await expect(openImageCache([at('small'), at('other')])).rejects.toThrow('ask those of one student together');
    await expect(openImageCache([at('small'), at('int8')])).rejects.toThrow('kept as float16 and int8');
    await expect(openImageCache([])).rejects.toThrow('no cache is named');
    await expect(openImageCache([at('small'), at('none')])).rejects.toThrow('none');
  });
});
