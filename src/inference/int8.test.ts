import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answer } from './answer.ts';
import { cacheImages } from './cache-images.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from './inference.fixture.ts';
import { ask } from './query/ask.ts';

const student = randomStudent();
const small = { ...student, precision: 'int8' } as const;
const question = 'is there a red circle ?';
const options = { threads: 1 };

/** A folder of pictures, and the student's cache of them. */
const cached = async (model: typeof student, { batch }: { readonly batch: number }) => {
  const folder = await temporaryFolder();
  await writeImages(folder, numbered(5));
  const to = join(folder, 'cache');
  const cache = await cacheImages(model, folder, { to, batch, precision: 'float32', ...options });
  return { folder, to, cache };
};

describe('a student that computes in int8', () => {
  it('says over a cache what it says without one, close to float32 and not the same', async () => {
    const { folder, cache } = await cached(small, { batch: 5 });
    const over = await ask(small, cache, question, { answer: 'yes', ...options });
    expect(over).toHaveLength(5);
    let largest = 0;
    for (const { image, probability } of over) {
      const without = await answer(small, join(folder, image), question, { top: 1000, ...options });
      expect(without.find((one) => one.answer === 'yes')!.probability).toBeCloseTo(probability, 5);
      const exact = await answer(student, join(folder, image), question, { top: 1000, ...options });
      const difference = Math.abs(exact.find((one) => one.answer === 'yes')!.probability - probability);
      expect(difference).toBeLessThan(0.01);
      largest = Math.max(largest, difference);
    }
    expect(largest).toBeGreaterThan(0);
  });

  it('has caches of its own: the other precision may neither ask nor add, and is told what to do', async () => {
    const [own, exact] = [await cached(small, { batch: 5 }), await cached(student, { batch: 2 })];
    expect(own.cache.about.student).toBe(`${exact.cache.about.student}-int8`);
    await expect(ask(student, own.cache, question, options)).rejects.toThrow(
      /encoded in int8.*computes in float32.*--precision int8/,
    );
    await expect(ask(small, exact.cache, question, options)).rejects.toThrow(/encoded in float32.*computes in int8/);
    const adding = { to: own.to, ...options };
    await expect(cacheImages(student, own.folder, adding)).rejects.toThrow(/encoded in int8/);
  });
});
