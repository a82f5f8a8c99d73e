import { generator, keyOf } from '../../../engine.ts';
import type { ExplainedPair } from '../../../query.ts';
import type { CurvePoint, ModelReport, QuickstartReport } from '../content.ts';

/** A made-up report, plausible in every number, for tests of the page. */
export const fakeReport = ({
  image,
  side = 3,
}: {
  readonly image: string;
  readonly side?: number | undefined;
}): QuickstartReport => ({
  seed: 7,
  command: 'npm run quickstart -- --seed 7',
  when: '12 March 2031, 14:05',
  seconds: 1934,
  data: {
    folder: 'runs/quickstart/data',
    splits: {
      train: { examples: 24_000, images: 6000 },
      validation: { examples: 1000, images: 1001 },
      'test-iid': { examples: 2000, images: 2002 },
      'test-comp': { examples: 2003, images: 2004 },
    },
    priorPercent: 51.3,
  },
  models: models(),
  latency: [
    {
      what: 'teacher, every pair',
      images: 256,
      millisecondsPerImage: 3.127,
      note: 'text and image together, batches of 32',
    },
    { what: 'student, every pair', images: 257, millisecondsPerImage: 2.861, note: 'both encoders, batches of 32' },
    {
      what: 'student, over the cache',
      images: 4006,
      millisecondsPerImage: 0.004_18,
      note: 'text once, then the interaction',
    },
  ],
  cache: { images: 4006, bytes: 4_102_144, seconds: 9.87 },
  question: {
    text: 'is there a large red circle left of a blue square?',
    answers: Array.from({ length: 10 }, (_, i) => ({
      image,
      path: `images/test-iid/${String(17 * i).padStart(6, '0')}.png`,
      answer: 'yes',
      probability: 0.987 - 0.0113 * i,
    })),
  },
  examples: questions.map(([text, truth], i) => exampleOf(text, truth, { image, side, i })),
  choice: {
    split: 'test-iid',
    distilled: 'soft labels + attention',
    undistilled: 'hard labels',
    right: { distilledAlone: 180, undistilledAlone: 52, both: 1200, neither: 568 },
    kindsWithout: ['more'],
  },
  findings: [
    'The student that learnt attention too answers 84.1 % of the test questions, 4.9 points more than the one that learnt from hard labels.',
    'It keeps 95 % of its teacher, and answers from the cache 748 times faster.',
    'On colours and shapes that training never saw together, soft labels help most: 8.2 points.',
  ],
});

const questions = [
  ['what color is the small circle?', 'red'],
  ['how many striped squares are there?', '2'],
  ['is there a triangle above a cross?', 'no'],
  ['are there more red shapes than blue squares?', 'yes'],
  ['what shape is left of the large green star?', 'circle'],
  ['is the small cross the same color as the star?', 'yes'],
] as const;

const names = ['teacher', 'hard labels', 'soft labels', 'soft labels + attention'] as const;

const models = (): ModelReport[] =>
  names.map((name, i) => {
    const mean = 0.893 - [0, 0.101, 0.071, 0.052][i]!;
    return {
      name,
      parameters: i === 0 ? 1_234_567 : 2_345_679,
      updates: 3000,
      seconds: 412 + 97 * i,
      curves: curveOf(i, mean),
      accuracy: { 'test-iid': accuracyOf(mean, i), 'test-comp': accuracyOf(mean - 0.123, i) },
    };
  });

const accuracyOf = (mean: number, i: number): ModelReport['accuracy'][string] => ({
  mean,
  low: mean - 0.0157,
  high: mean + 0.0149,
  byKind: Object.fromEntries(
    ['exists', 'count', 'attribute', 'more', 'same'].map((kind, k) => [
      kind,
      { mean: mean - 0.06 + 0.031 * k + 0.004 * i, count: 411 + k },
    ]),
  ),
});

const curveOf = (i: number, end: number): CurvePoint[] => {
  const random = generator(keyOf(i, 'curve'));
  return Array.from({ length: 600 }, (_, at) => {
    const step = 5 * (at + 1);
    const noise = 0.9 + 0.2 * random();
    const falling = (from: number, to: number): number => noise * (to + (from - to) * Math.exp(-step / 500));
    const soft = i === 0 || i === 1 ? { hard: falling(14, 0.4 + 0.2 * i) } : { soft: falling(15, 1.1) };
    const losses = i === 3 ? { ...soft, attention: falling(0.9, 0.12) } : soft;
    const validation = 0.48 + (end - 0.48) * (1 - Math.exp(-step / 700)) + 0.01 * random();
    return { step, losses, ...(step % 250 === 0 ? { validation } : {}) };
  });
};

const exampleOf = (
  text: string,
  truth: string,
  { image, side, i }: { image: string; side: number; i: number },
): ExplainedPair => {
  const words = ['[CLS]', ...text.replace('?', ' ?').split(' '), '[SEP]'];
  return {
    image,
    grey: image,
    rows: side,
    columns: side,
    text,
    words,
    truth,
    models: names.map((name, m) => ({
      name,
      answers: [{ answer: m === 1 ? 'blue' : truth, probability: 0.931 - 0.067 * m }],
      textToImage: heads(2, words.length, 1 + side * side, generator(keyOf(i, m, 'there'))),
      imageToText: heads(2, 1 + side * side, words.length, generator(keyOf(i, m, 'back'))),
      ...(m === 0 ? {} : { divergence: { textToImage: [0.2, 1.2345 / m], imageToText: [0.3, 0.9876 / m] } }),
    })),
  };
};

const heads = (count: number, queries: number, keys: number, random: () => number): number[][][] =>
  Array.from({ length: count }, () => Array.from({ length: queries }, () => sharesOf(keys, random)));

const sharesOf = (count: number, random: () => number): number[] => {
  const weights = Array.from({ length: count }, () => random() ** 4);
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
};
