import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { ask } from './ask.ts';
import { askAll, streamAnswers } from './ask-all.ts';
import type { AskOptions } from './ask-options.ts';
import { questionOf } from './conditions.ts';
import { directProbabilities, type Gallery, type KnownImage, makeGallery, student } from './query.fixture.ts';

const questions = ['is there a red circle ?', 'what color is the large circle ?', 'how many squares are there ?'];
let gallery: Gallery;
let open: Predictor;
/** By question, then image, then answer. */
let known: Map<string, Map<string, Map<string, number>>>;

beforeAll(async () => {
  gallery = await makeGallery();
  known = new Map();
  for (const question of questions) known.set(question, await directProbabilities(gallery, question));
  open = await openPredictor(student, { threads: 1 });
  return () => open.close();
}, 120_000);

const probabilityOf = (question: string, path: string, answer: string): number =>
  known.get(question)!.get(path)!.get(answer)!;

/** Globs with what they mean, written by hand. */
const globs: Readonly<Record<string, (path: string) => boolean>> = {
  '*.png': () => true,
  'x*': (path) => path.split('/').at(-1)!.startsWith('x'),
  'a/**': (path) => path.startsWith('a/'),
  'a/*': (path) => /^a\/[^/]*$/.test(path),
  '*/*.png': (path) => path.split('/').length === 2,
  '{a,ab}/**': (path) => path.startsWith('a/') || path.startsWith('ab/'),
  '!b/**': (path) => !path.startsWith('b/'),
  '!*copy*': (path) => !path.split('/').at(-1)!.includes('copy'),
};

const days = ['2023', '2024', '2023-04', '2024-09', '2023-06-15', '2024-02-29', '2024-01-01T12:30'];
const momentsOf = (text: string): [number, number] => {
  const at = (shift: number): number => {
    const [date, time] = text.split('T');
    const [year, month, day] = date!.split('-').map(Number) as [number, number?, number?];
    if (time !== undefined) return Date.parse(`${text}:00Z`) + shift * 60_000;
    if (day !== undefined) return Date.UTC(year, month! - 1, day + shift);
    return month === undefined ? Date.UTC(year + shift, 0) : Date.UTC(year, month - 1 + shift);
  };
  return [at(0), at(1)];
};

interface Case extends AskOptions {
  readonly question: string;
  readonly answer?: string | undefined;
  readonly rank?: number | undefined;
}

const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });
const conditions = fc.array(fc.constantFrom(`${questions[0]}`, `${questions[1]} = red`, `${questions[2]}=2`), {
  maxLength: 2,
});
const cases: fc.Arbitrary<Case> = fc.record({
  question: fc.constantFrom(...questions),
  answer: fc.constantFrom('yes', 'no', 'red', '2'),
  and: conditions,
  not: conditions,
  rank: maybe(fc.nat(15)),
  top: maybe(fc.integer({ min: 1, max: 20 })),
  sort: maybe(fc.constantFrom('probability' as const, 'date' as const, 'path' as const)),
  order: maybe(fc.constantFrom('ascending' as const, 'descending' as const)),
  paths: maybe(fc.subarray(Object.keys(globs), { maxLength: 3 })),
  folder: maybe(fc.subarray(['a', './b/', 'a/b', 'none'], { minLength: 1 })),
  from: maybe(fc.constantFrom(...days)),
  minBytes: maybe(fc.integer({ min: 0, max: 6000 })),
});

const fits = ({ path, bytes, date }: KnownImage, { paths = [], folder, from, minBytes = 0 }: Case): boolean => {
  const wanted = (paths as string[]).filter((glob) => !glob.startsWith('!'));
  const unwanted = (paths as string[]).filter((glob) => glob.startsWith('!'));
  const folders = (folder as string[] | undefined)?.map((name) => `${name.replace('./', '').replace(/\/$/, '')}/`);
  return (
    (wanted.length === 0 || wanted.some((glob) => globs[glob]!(path))) &&
    unwanted.every((glob) => globs[glob]!(path)) &&
    (folders === undefined || folders.some((start) => path.startsWith(start))) &&
    (from === undefined || date >= momentsOf(from)[0]) &&
    bytes >= minBytes
  );
};

/** The product of all probabilities, each from a run of the whole model. */
const expectedOf = ({ question, answer, and = [], not = [] }: Case, path: string): number => {
  const factor = (condition: unknown): number => {
    const [text, named = 'yes'] = (condition as string).split(/\s*=\s*/);
    return probabilityOf(text!, path, named);
  };
  const all = [probabilityOf(question, path, answer!), ...and.map(factor), ...not.map((one) => 1 - factor(one))];
  return all.reduce((product, one) => product * one, 1);
};

const TOLERANCE = 1e-5;

describe('a question with filters', () => {
  it('finds what a brute-force computation over the whole model finds, in its order', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ question, rank, ...options }) => {
        const all = gallery.images
          .filter((image) => fits(image, { question, ...options }))
          .map((image) => ({ ...image, probability: expectedOf({ question, ...options }, image.path) }));
        const sorted = all.map(({ probability }) => probability).sort((a, b) => b - a);
        // between two neighbours, where rounding decides nothing
        const atLeast = rank === undefined ? undefined : midway(sorted, rank);
        const expected = all.filter(({ probability }) => probability >= (atLeast ?? 0));
        const [result] = await askAll(open, gallery.cache, [{ question }], { ...options, atLeast });
        expect(result).toMatchObject({ images: all.length, found: expected.length });
        const answers = result!.answers;
        expect(answers.length).toBe(Math.min(expected.length, options.top ?? Number.POSITIVE_INFINITY));
        const byPath = new Map(expected.map((image) => [image.path, image]));
        for (const { image, probability, answer, date } of answers) {
          expect(Math.abs(probability - byPath.get(image)!.probability)).toBeLessThan(TOLERANCE);
          expect(answer).toBe(options.answer);
          expect(Date.parse(`${date}Z`)).toBe(byPath.get(image)!.date);
        }
        expectOrder(answers, expected, options);
        expect(await ask(open, gallery.cache, question, { ...options, atLeast })).toEqual(answers);
      }),
      { numRuns: 60 },
    );
  });

  const midway = (sorted: readonly number[], rank: number): number => {
    for (let i = rank; i < sorted.length - 1; i += 1)
      if (sorted[i]! - sorted[i + 1]! > 4 * TOLERANCE) return (sorted[i]! + sorted[i + 1]!) / 2;
    return 0;
  };

  const expectOrder = (
    answers: readonly { readonly image: string; readonly probability: number }[],
    expected: readonly (KnownImage & { readonly probability: number })[],
    { sort = 'probability', order = sort === 'path' ? 'ascending' : 'descending' }: AskOptions,
  ): void => {
    const sign = order === 'ascending' ? 1 : -1;
    const value = ({ path, date, probability }: (typeof expected)[number]) =>
      ({ path, date, probability, score: probability })[sort];
    const sorted = expected.toSorted((a, b) => {
      if (value(a) !== value(b)) return sign * (value(a) < value(b) ? -1 : 1);
      return a.path < b.path ? -1 : 1;
    });
    for (const [i, { image, probability }] of answers.entries()) {
      if (sort === 'probability') expect(Math.abs(probability - sorted[i]!.probability)).toBeLessThan(TOLERANCE);
      else expect(image).toBe(sorted[i]!.path);
    }
  };

  it('has equal images in the order of their paths, whichever the order is', async () => {
    const found = async (options: AskOptions) =>
      (await ask(open, gallery.cache, questions[0]!, { ...options, paths: ['*1.png', '*6.png'] })).map(
        ({ image }) => image,
      );
    for (const order of ['ascending', 'descending'] as const) {
      const paths = await found({ order });
      expect(paths.indexOf('a/b/copy of 1.png')).toBe(paths.indexOf('a/1.png') + 1);
      expect(paths.indexOf('b/copy of 6.png')).toBe(paths.indexOf('b/6.png') + 1);
    }
    expect(await found({ sort: 'path', order: 'descending' })).toEqual((await found({ sort: 'path' })).toReversed());
  });

  it('may find nothing', async () => {
    const none = { paths: '*.jpg' };
    expect(await ask(open, gallery.cache, questions[0]!, none)).toEqual([]);
    expect(await ask(open, gallery.cache, questions[0]!, { atLeast: 1 })).toEqual([]);
    const [result] = await askAll(open, gallery.cache, [questions[0]!], { ...none, histogram: true });
    expect(result).toMatchObject({ images: 0, found: 0, answers: [], histogram: [] });
    for await (const { found } of streamAnswers(open, gallery.cache, questions, none)) expect(found).toEqual([]);
  });

  it.each([
    [{ from: '2024-13' }, '"2024-13" is no date: write 2024, 2024-07'],
    [{ to: '2023-02-29' }, '"2023-02-29" is no date'],
    [{ from: '2024-05', to: '2024-04' }, 'from 2024-05 to 2024-04: the first is the later one'],
    [{ minBytes: 2, maxBytes: 1 }, 'files of 2 to 1 bytes: the first is the larger one'],
    [{ paths: '' }, 'an empty glob fits no path'],
    [{ paths: '!' }, 'an empty glob fits no path'],
    [{ atLeast: 50 }, 'at least 50: probabilities and cosines go up to 1'],
    [{ top: 0 }, 'the top 0 images: ask for at least 1'],
    [{ nearDuplicates: -1 }, 'near-duplicates up to a distance of -1'],
  ] as const)('says what is wrong with %j', async (options, message) => {
    const asked = ask(open, gallery.cache, questions[0]!, options);
    await expect(asked).rejects.toMatchObject({ name: 'UserError' });
    await expect(asked).rejects.toThrow(message);
  });
});

describe('the answer that is asked for', () => {
  it('is yes of a question of yes or no, and otherwise each image’s most probable one', async () => {
    const answersOf = async (question: string, options: AskOptions = {}) =>
      new Set((await ask(open, gallery.cache, question, options)).map(({ answer }) => answer));
    expect(await answersOf('is there a red circle ?')).toEqual(new Set(['yes']));
    expect(await answersOf("Isn't there a red circle ?")).toEqual(new Set(['yes']));
    const best = new Set([...known.get(questions[0]!)!.values()].map((all) => bestOf(all)));
    expect(await answersOf(questions[0]!, { answer: null })).toEqual(best);
    const bestColor = new Set([...known.get(questions[1]!)!.values()].map((all) => bestOf(all)));
    expect(await answersOf(questions[1]!)).toEqual(bestColor);
  });

  const bestOf = (all: ReadonlyMap<string, number>): string =>
    [...all].reduce((best, one) => (one[1] > best[1] ? one : best))[0];

  it('is met by those like it where the student does not give it', async () => {
    const saying = (answer: string) => expect(ask(open, gallery.cache, questions[1]!, { answer })).rejects;
    await saying('Red').toThrow(/"Red" is not among the \d+ answers of the student \(.*\): did you mean red/);
    await saying('gren').toThrow('did you mean green');
    await saying('zeppelin').toThrow('): choose one of them');
    await expect(ask(open, gallery.cache, questions[0]!, { and: ['what is it ? = gren'] })).rejects.toThrow('green');
    await expect(ask(open, gallery.cache, questions[0]!, { not: ['what is it ?'] })).rejects.toThrow(
      '"what is it ?": it is no question of yes or no: say which answer counts',
    );
    expect(() => questionOf('is it red?', { answers: ['no'] })).toThrow(
      '"is it red?": no answer of the student is yes: say',
    );
    await expect(ask(open, gallery.cache, questions[1]!, { and: [questions[0]!] })).rejects.toThrow('say which answer');
    await expect(ask(open, gallery.cache, questions[0]!, { and: ['= red'] })).rejects.toThrow('write the question');
  });
});
