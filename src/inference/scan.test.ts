import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { retrieval } from '../tasks/captions.ts';
import { answer } from './answer.ts';
import { cacheImages } from './cache-images.ts';
import { aboutOf, type ImageCache } from './image-cache.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from './inference.fixture.ts';
import { openImageCache } from './open-image-cache.ts';
import { openPredictor } from './open-predictor.ts';
import type { Predictor } from './predictor.ts';
import { type ScanQuestion, scan } from './scan.ts';
import type { Precision } from './store/row-format.ts';
import { openCacheWriter } from './store/writer.ts';

/** Largest difference of a probability, or of a cosine, from that of the model over the picture. */
const bounds = { float32: 1e-5, float16: 1e-3, int8: 1e-2 } as const satisfies Record<Precision, number>;
const precisions = Object.keys(bounds) as Precision[];
const question = 'is there a red star ?';

/** A cache of generated numbers. */
const generatedCache = async (student: Predictor, images: number, precision: Precision): Promise<ImageCache> => {
  const folder = join(await temporaryFolder(), 'generated.cache');
  const about = aboutOf(student, { precision });
  await using writer = await openCacheWriter(folder, about);
  const entries = Array.from({ length: images }, (_, i) => ({
    ...{ path: `${i}.png`, bytes: i, modified: i },
    sha256: i.toString(16).padStart(64, '0'),
  }));
  const features = Float32Array.from({ length: images * about.width }, (_, i) => Math.sin(i * 12.9898) * 2);
  await writer.append(entries, features);
  return openImageCache(folder);
};

/** Scores of a scan, by place of the image, of one question after the other. */
const scoresOf = async (
  student: Predictor,
  cache: ImageCache,
  questions: readonly ScanQuestion[],
  only?: Uint32Array,
) => {
  const all: { place: number; scores: number[]; answers: number[] }[] = [];
  for await (const { places, scores, answers } of scan(student, cache, questions, { only })) {
    for (const [i, place] of places.entries()) {
      const of = <T extends Float64Array | Uint32Array>(numbers: T): number[] =>
        questions.map((_, q) => numbers[q * places.length + i]!);
      all.push({ place, scores: of(scores), answers: of(answers) });
    }
  }
  return all;
};

describe.each(precisions)('images that are kept as %s', (precision) => {
  it.each(['sigmoid', 'softmax'] as const)('are answered as the student answers, by %s', async (scoring) => {
    const trained = randomStudent(2, { scoring });
    const folder = await temporaryFolder();
    await writeImages(folder, numbered(5));
    await using student = await openPredictor(trained, { threads: 2 });
    const cache = await cacheImages(student, folder, { to: join(folder, 'a.cache'), precision });
    const found = await scoresOf(student, cache, [{ text: question }, { text: question, answer: 'yes' }]);
    expect(found.length).toBe(5);
    for (const { place, scores, answers } of found) {
      const own = await answer(student, join(folder, cache.pathAt(place)), question);
      const named = (name: string): number => own.find((one) => one.answer === name)!.probability;
      expect(Math.abs(scores[0]! - own[0]!.probability)).toBeLessThan(bounds[precision]);
      expect(Math.abs(scores[0]! - named(trained.config.answers[answers[0]!]!))).toBeLessThan(bounds[precision]);
      expect(Math.abs(scores[1]! - named('yes'))).toBeLessThan(bounds[precision]);
      expect(trained.config.answers[answers[1]!]).toBe('yes');
    }
  });

  it('are compared as their vectors are', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, numbered(5));
    await using searcher = await openPredictor(
      randomStudent(3, { task: retrieval.name, scoring: 'softmax', answers: [] }),
      { threads: 2 },
    );
    const exact = await cacheImages(searcher, folder, { to: join(folder, 'exact'), precision: 'float32' });
    const kept = await cacheImages(searcher, folder, { to: join(folder, 'kept'), precision });
    const texts = [{ text: 'a red star' }, { text: 'a blue circle' }];
    const [found, wanted] = [await scoresOf(searcher, kept, texts), await scoresOf(searcher, exact, texts)];
    for (const [i, { scores }] of found.entries())
      for (const [q, score] of scores.entries())
        expect(Math.abs(score - wanted[i]!.scores[q]!)).toBeLessThan(bounds[precision]);
  });

  it('are read and computed in blocks, many questions at once, with the same result as one by one', async () => {
    await using student = await openPredictor(randomStudent(), { threads: 3 });
    const cache = await generatedCache(student, 9000, precision);
    const questions = [{ text: question }, { text: 'how many stars ?' }, { text: question, answer: 'yes' }];
    const together = await scoresOf(student, cache, questions);
    expect(together.map(({ place }) => place)).toEqual(Array.from({ length: 9000 }, (_, i) => i));
    for (const [q, one] of questions.entries()) {
      const alone = await scoresOf(student, cache, [one]);
      for (const [i, { scores, answers }] of alone.entries()) {
        expect(together[i]!.answers[q]).toBe(answers[0]);
        expect(Math.abs(together[i]!.scores[q]! - scores[0]!)).toBeLessThan(1e-6);
      }
    }
    const only = Uint32Array.from({ length: 1500 }, (_, i) => 6 * i + (i % 2));
    const some = await scoresOf(student, cache, [questions[0]!], only);
    expect(some.map(({ place }) => place)).toEqual([...only]);
    for (const { place, scores } of some) expect(scores[0]).toBeCloseTo(together[place]!.scores[0]!, 6);
  });
});

describe('the precision of a cache', () => {
  it('is float16 where nothing else is said, stays what it was, and is noted with its cost', async () => {
    const folder = await temporaryFolder();
    const to = join(folder, 'images.cache');
    await writeImages(folder, numbered(3));
    await using student = await openPredictor(randomStudent(), { threads: 1 });
    const { precision, about, rowBytes } = await cacheImages(student, folder, { to });
    expect([precision, rowBytes]).toEqual(['float16', 2 * student.width]);
    expect(about.cost).toMatchObject({ images: 3, questions: 4 });
    expect(about.cost!.mean).toBeGreaterThan(0);
    expect(about.cost!.largest).toBeLessThan(bounds.float16);
    await writeImages(folder, { 'more.png': 9 });
    expect((await cacheImages(student, folder, { to })).precision).toBe('float16');
    await expect(cacheImages(student, folder, { to, precision: 'int8' })).rejects.toThrow(
      'its numbers are kept as float16, and are to be kept as int8',
    );
  });
});
