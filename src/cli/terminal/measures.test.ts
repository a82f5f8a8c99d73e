import { expect, it } from 'vitest';
import { nlvr2, type Prediction, snliVe, vqa } from '../../index.ts';
import { measuresOf, measuresTable } from './measures.ts';

const judged = (text: string, score: number, about: Record<string, unknown> = {}): Prediction => ({
  example: { id: text, images: [], text, answers: [{ answer: 'neutral', score: 1 }], about },
  predicted: score === 1 ? 'neutral' : 'entailment',
  score,
});

it('the interval of consistency is that of its statements, however many pairs each has', () => {
  const statements = Array.from({ length: 40 }, (_, i) => judged(`statement ${i}`, i % 4 === 0 ? 0 : 1));
  const often = statements.flatMap((one) => Array<Prediction>(25).fill(one));
  const [once] = measuresOf('dev', nlvr2.measures!(statements), 1);
  expect(measuresOf('dev', nlvr2.measures!(often), 1)).toEqual([once]);
  expect(once).toMatchObject({ split: 'dev', measure: 'consistency', of: 40, share: 0.75 });
  const reach = 1.96 * Math.sqrt((0.75 * 0.25) / 40);
  expect(Math.abs(once!.interval[0] - (0.75 - reach))).toBeLessThan(0.03);
  expect(Math.abs(once!.interval[1] - (0.75 + reach))).toBeLessThan(0.03);
});

it('every number that a protocol reports has an interval around it', () => {
  const answers = ['neutral', ...Array<string>(9).fill('entailment')];
  const all = Array.from({ length: 30 }, (_, i) =>
    judged(`${i}`, i % 3 === 0 ? 1 : 0, { answers, answer_type: i % 2 === 0 ? 'yes/no' : 'other' }),
  );
  for (const task of [vqa, nlvr2, snliVe]) {
    const lines = measuresOf('dev', task.measures!(all), 0);
    expect(lines.length).toBeGreaterThan(0);
    for (const { share, interval } of lines) {
      expect(interval[0]).toBeLessThanOrEqual(share);
      expect(interval[1]).toBeGreaterThanOrEqual(share);
    }
  }
});

it('a table says of how many a share is', () => {
  expect(measuresTable(measuresOf('dev', { consistency: [1, 1] }, 0)).split('\n')).toEqual([
    'split  measure      of  share    95 % interval',
    'dev    consistency   2  100.0 %  100.0 % to 100.0 %',
  ]);
});
