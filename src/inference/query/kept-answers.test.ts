import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tiny } from '../../model/sizes.ts';
import { retrieval } from '../../tasks/captions.ts';
import { answer } from '../answer.ts';
import { cacheImages } from '../cache-images.ts';
import { encodeImage } from '../encode-image.ts';
import { encodeText } from '../encode-text.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../inference.fixture.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { ask } from './ask.ts';
import { entail } from './entail.ts';
import { reason } from './reason.ts';
import { search } from './search.ts';

/** Largest difference of a probability, or of a cosine, from that of the student over the pictures themselves. */
const bounds = { float32: 1e-5, float16: 1e-3, int8: 1e-2 } as const;
type Kept = keyof typeof bounds;

const text = 'is there a red star ?';

/** Students of all tasks, as they come from a scratch. */
const students = {
  vqa: () => randomStudent(1),
  'vqa by softmax': () => randomStudent(2, { scoring: 'softmax' }),
  ve: () => randomStudent(3, { task: 've', scoring: 'softmax', answers: ['contradiction', 'neutral', 'entailment'] }),
  nlvr2: () =>
    randomStudent(4, {
      ...{ task: 'nlvr2', images: 2, scoring: 'softmax', answers: ['False', 'True'] },
      sizes: { ...tiny, types: 3, vocabulary: randomStudent().config.vocabulary.length },
    }),
  retrieval: () => randomStudent(5, { task: retrieval.name, scoring: 'softmax', answers: [] }),
} as const;

/** Answer of the student itself: one probability of one picture, or of two. */
const own = async (student: Predictor, images: readonly string[], wanted: string): Promise<number> =>
  (await answer(student, images.length === 1 ? images[0]! : images, text)).find((one) => one.answer === wanted)!
    .probability;

/** Cosine of a text and a picture, by the student itself. */
const cosine = async (student: Predictor, image: string): Promise<number> => {
  const [a, b] = [
    await student.textFeatures(encodeText(student, text)),
    await student.imageFeatures(await encodeImage(student, image)),
  ];
  return a.data.reduce((sum, one, i) => sum + one * b.data[i]!, 0);
};

describe.each(Object.keys(students) as (keyof typeof students)[])('the student of %s', (task) => {
  it.each(Object.keys(bounds) as Kept[])(
    'says of images that are kept as %s what it says of them',
    async (precision) => {
      const folder = await temporaryFolder();
      await writeImages(folder, numbered(4));
      const at = (path: string): string => join(folder, path);
      await using student = await openPredictor(students[task](), { threads: 1 });
      const cache = await cacheImages(student, folder, { to: at('a.cache'), precision });
      const pairs: [found: number, wanted: number][] = [];
      if (task === 'retrieval')
        for (const { image, score } of await search(student, cache, text))
          pairs.push([score, await cosine(student, at(image))]);
      else if (task === 'nlvr2')
        for (const { images, probability } of await reason(student, cache, text))
          pairs.push([probability, await own(student, images.map(at), 'True')]);
      else if (task === 've')
        for (const one of await entail(student, cache, text))
          for (const label of ['entailment', 'neutral', 'contradiction'] as const)
            pairs.push([one[label], await own(student, [at(one.image)], label)]);
      else
        for (const named of ['yes', undefined])
          for (const { image, answer: given, probability } of await ask(student, cache, text, {
            answer: named ?? null,
          }))
            pairs.push([probability, await own(student, [at(image)], given)]);
      expect(pairs.length).toBeGreaterThanOrEqual(4);
      for (const [found, wanted] of pairs) expect(Math.abs(found - wanted)).toBeLessThan(bounds[precision]);
    },
  );
});
