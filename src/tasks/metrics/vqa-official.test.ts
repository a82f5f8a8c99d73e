import { describe, expect, it } from 'vitest';
import { vqa } from '../vqa.ts';
import { officialScore, submissionOf } from './vqa-official.ts';

/** Ten annotators of whom some said yes and the others no. */
const yes = (count: number): string[] => Array.from({ length: 10 }, (_, i) => (i < count ? 'yes' : 'no'));

describe('the official score of VQA', () => {
  it.each([
    [0, 0],
    [1, 0.3],
    [2, 0.6],
    [3, 0.9],
    [4, 1],
    [9, 1],
    [10, 1],
  ])('is, where %i of ten agree, %f', (count, score) => {
    expect(officialScore('yes', yes(count))).toBeCloseTo(score, 12);
  });

  it('compares normalised answers where annotators differ', () => {
    expect(officialScore('The  Two!', ['2', '2', 'two', 'a two', '3', '3', '3', '3', '3', '3'])).toBe(1);
  });

  it('compares answers as they stand where all annotators say the same', () => {
    expect(officialScore('2', Array(10).fill('two'))).toBe(0);
    expect(officialScore(' two\n', Array(10).fill('two'))).toBe(1);
  });
});

const judged = (about: Record<string, unknown>, predicted = 'yes') => ({
  example: { id: `q${about.question_id}`, images: ['a'], text: 'is it?', answers: [], about },
  predicted,
  score: 0,
});

it('is measured over all questions and over each answer type, where the data say what all ten said', () => {
  const all = [
    judged({ answers: yes(10), answer_type: 'yes/no' }),
    judged({ answers: yes(1), answer_type: 'number' }),
    judged({ answers: yes(0), answer_type: 'number' }),
    judged({}),
  ];
  const measured = vqa.measures!(all);
  expect(Object.keys(measured)).toEqual(['official', 'official yes/no', 'official number']);
  expect(measured).toEqual({ official: [1, 0.3, 0], 'official yes/no': [1], 'official number': [0.3, 0] });
});

describe('the file for the VQA server', () => {
  it('has the answer to each question by its id', () => {
    expect(submissionOf([judged({ question_id: 7 }), judged({ question_id: 9 }, 'red')])).toEqual([
      { question_id: 7, answer: 'yes' },
      { question_id: 9, answer: 'red' },
    ]);
  });

  it('needs an id, and one of its own, for every question', () => {
    expect(() => submissionOf([judged({})])).toThrow('has no question_id');
    expect(() => submissionOf([judged({ question_id: 7 }), judged({ question_id: 7 })])).toThrow('that of q7 too');
  });
});
