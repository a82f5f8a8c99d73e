import { describe, expect, it } from 'vitest';
import { scoredLabel } from '../../data.ts';
import type { Prediction } from '../../index.ts';
import { chosenExamples } from './chosen-examples.ts';

/** Predictions of a model for questions `kind:id`, right where the pattern has a 1. */
const predictionsOf = (questions: readonly string[], pattern: string): Prediction[] =>
  questions.map((id, i) => {
    const example = { id, text: id, images: [], answers: scoredLabel('yes'), about: { kind: id.split(':')[0] } };
    return { example, predicted: 'no', score: Number(pattern[i]) };
  });

const questions = ['count:1', 'color:2', 'count:3', 'shape:4', 'color:5', 'count:6', 'shape:7', 'color:8'];

const chosen = (distilled: string, undistilled: string) => {
  const { examples, choice } = chosenExamples('test', {
    distilled: ['with', predictionsOf(questions, distilled)],
    undistilled: ['without', predictionsOf(questions, undistilled)],
  });
  return { ids: examples.map(({ id }) => id), choice };
};

describe('the chosen examples', () => {
  it('are the first of each kind, in the order of the file, that the distilled model alone answers rightly', () => {
    const { ids, choice } = chosen('11100110', '10010000');
    // count:1 is right with both; count:3 is the first of its kind that only the distilled model has right
    expect(ids).toEqual(['color:2', 'count:3', 'shape:7']);
    expect(choice).toEqual({
      split: 'test',
      distilled: 'with',
      undistilled: 'without',
      right: { distilledAlone: 4, undistilledAlone: 1, both: 1, neither: 2 },
      kindsWithout: [],
    });
  });

  it('name the kinds of which there is none', () => {
    const { ids, choice } = chosen('00100100', '00000000');
    expect(ids).toEqual(['count:3']);
    expect(choice.kindsWithout).toEqual(['color', 'shape']);
  });

  it('are the first of each kind where the distilled model alone is never right', () => {
    const { ids, choice } = chosen('10000000', '11000000');
    expect(ids).toEqual(['count:1', 'color:2', 'shape:4']);
    expect(choice.right).toEqual({ distilledAlone: 0, undistilledAlone: 1, both: 1, neither: 6 });
  });

  it('leave out questions whose answers are not known', () => {
    const [known, unknown] = predictionsOf(['count:1', 'count:2'], '11') as [Prediction, Prediction];
    const judged = [{ ...unknown, example: { ...unknown.example, answers: [] }, score: Number.NaN }, known];
    const others = judged.map((one) => ({ ...one, score: 0 }));
    const { examples, choice } = chosenExamples('test', { distilled: ['a', judged], undistilled: ['b', others] });
    expect(examples).toEqual([known.example]);
    expect(choice.right).toEqual({ distilledAlone: 1, undistilledAlone: 0, both: 0, neither: 0 });
  });
});
