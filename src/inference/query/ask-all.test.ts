import { beforeAll, describe, expect, it } from 'vitest';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { ask } from './ask.ts';
import { askAll, streamAnswers } from './ask-all.ts';
import { directProbabilities, type Gallery, makeGallery, student } from './query.fixture.ts';

const questions = ['is there a red circle ?', 'what color is the large circle ?', 'how many squares are there ?'];
let gallery: Gallery;
let open: Predictor;
/** By question, then image, then answer. */
const known = new Map<string, Map<string, Map<string, number>>>();

beforeAll(async () => {
  gallery = await makeGallery();
  for (const question of questions) known.set(question, await directProbabilities(gallery, question));
  open = await openPredictor(student, { threads: 1 });
  return () => open.close();
}, 120_000);

describe('many questions at once', () => {
  it('have the answers of each asked alone, and count the most probable ones of all images', async () => {
    const some = [questions[0]!, `${questions[1]!} = red`, { question: questions[2]!, answer: '2' }];
    const options = { histogram: true, bars: 4, top: 5, folder: ['a', 'b'] };
    const results = await askAll(open, gallery.cache, some, options);
    const texts = [questions[0]!, questions[1]!, questions[2]!];
    const answers = ['yes', 'red', '2'];
    for (const [i, result] of results.entries()) {
      expect(result).toMatchObject({ question: texts[i], answer: answers[i], images: 11, found: 11 });
      expect(result.answers).toEqual(await ask(open, gallery.cache, texts[i]!, { ...options, answer: answers[i] }));
      const counts = new Map<string, number>();
      for (const [path, all] of known.get(texts[i]!)!) {
        if (!/^[ab]\//.test(path)) continue;
        const best = [...all].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
        counts.set(best, (counts.get(best) ?? 0) + 1);
      }
      const bars = [0, 0, 0, 0];
      for (const [path, all] of known.get(texts[i]!)!)
        if (/^[ab]\//.test(path)) bars[Math.floor(4 * all.get(answers[i]!)!)]! += 1;
      expect(result.bars).toEqual(bars);
      expect(new Map(result.histogram!.map(({ answer, images }) => [answer, images]))).toEqual(counts);
      const sizes = result.histogram!.map(({ images }) => images);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    }
    await expect(askAll(open, gallery.cache, [])).rejects.toThrow('there is no question');
    await expect(askAll(open, gallery.cache, some, { bars: 0.5 })).rejects.toThrow('0.5 bars: give their number');
  });

  it('are streamed in the order of the cache, and of an image in the order of the questions', async () => {
    const some = [questions[0]!, questions[1]!];
    const streamed = [];
    let last = { done: 0, of: 0 };
    for await (const { found, ...progress } of streamAnswers(open, gallery.cache, some, { folder: 'b' })) {
      streamed.push(...found);
      expect(progress.done).toBeGreaterThan(last.done);
      last = progress;
    }
    expect(last).toEqual({ done: 6, of: 6 });
    const inOrder = gallery.cache.entries.map(({ path }) => path).filter((path) => path.startsWith('b/'));
    expect(streamed.map(({ image, question }) => [image, question])).toEqual(
      inOrder.flatMap((image) => some.map((question) => [image, question])),
    );
    const [first, second] = await askAll(open, gallery.cache, some, { folder: 'b', sort: 'path' });
    const flat = (result: typeof first) => result!.answers.map((one) => ({ question: result!.question, ...one }));
    const byImage = (a: { image: string }, b: { image: string }): number => (a.image < b.image ? -1 : 1);
    expect(streamed.toSorted(byImage)).toEqual([...flat(first), ...flat(second)].toSorted(byImage));
  });
});
