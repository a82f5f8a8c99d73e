import { beforeAll, describe, expect, it } from 'vitest';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { askAll } from './ask-all.ts';
import { type AskRequest, askTogether } from './ask-planned.ts';
import { type Gallery, makeGallery, student } from './query.fixture.ts';

let gallery: Gallery;
let open: Predictor;

beforeAll(async () => {
  gallery = await makeGallery();
  open = await openPredictor(student, { threads: 1 });
  return () => open.close();
}, 120_000);

describe('questions of several callers', () => {
  const circle = 'is there a red circle ?';
  const color = 'what color is the large circle ?';
  const requests: readonly AskRequest[] = [
    { questions: [circle], options: { top: 3 } },
    { questions: [color], options: { and: [circle], answer: 'red', sort: 'path' } },
    { questions: [circle, color], options: { atLeast: 0.3, histogram: true, folder: 'b' } },
    { questions: [circle], options: { not: [`${color} = red`], nearDuplicates: 0 } },
    { questions: [color], options: { answer: null, folder: 'b', order: 'ascending' } },
  ];

  it('have the answers that each would have alone, one scan for each filter', async () => {
    let scans = 0;
    const student = {
      ...open,
      textFeatures: (feeds: Parameters<Predictor['textFeatures']>[0]) => {
        scans += 1;
        return open.textFeatures(feeds);
      },
    };
    const together = await Promise.all(askTogether(student, gallery.cache, requests));
    // two filters, and two texts in each
    expect(scans).toBe(4);
    for (const [i, { questions, options }] of requests.entries()) {
      const alone = await askAll(open, gallery.cache, questions, options);
      expect(together[i]).toHaveLength(alone.length);
      for (const [at, { answers, ...one }] of alone.entries()) {
        const { answers: same, ...said } = together[i]![at]!;
        expect(said).toEqual(one);
        expect(same.map(({ probability: _, ...rest }) => rest)).toEqual(
          answers.map(({ probability: _, ...rest }) => rest),
        );
        for (const [place, { probability }] of answers.entries())
          expect(same[place]!.probability).toBeCloseTo(probability, 6);
      }
    }
  });

  it('fail alone where one of them is wrong', async () => {
    const wrong = { questions: [color], options: { answer: 'zeppelin' } };
    const [bad, good] = await Promise.allSettled(askTogether(open, gallery.cache, [wrong, requests[0]!]));
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('zeppelin') } });
    expect(good).toMatchObject({ status: 'fulfilled', value: [{ found: gallery.cache.size }] });
  });
});
