import { expect, it } from 'vitest';
import { nlvr2 } from './nlvr2.ts';
import type { Prediction } from './task.ts';

const judged = (text: string, score: number, identifier?: string): Prediction => ({
  example: { id: 'x', images: [], text, answers: [], ...(identifier ? { about: { identifier } } : {}) },
  predicted: 'True',
  score,
});

it('a statement is consistent where it is judged right with every pair of its images', () => {
  const all = [judged('a', 1), judged('a', 1), judged('b', 1), judged('b', 0), judged('c', 0)];
  expect(nlvr2.measures!(all).consistency).toEqual([1, 0, 0]);
});

it('an identifier, not its words, says what one statement is, and its pair does not count', () => {
  const all = [
    judged('same words', 1, 'dev-10-0-0'),
    judged('same words', 1, 'dev-10-1-0'),
    judged('same words', 0, 'dev-11-0-0'),
    judged('same words', 1, 'dev-10-0-1'),
  ];
  expect(nlvr2.measures!(all).consistency).toEqual([1, 0, 1]);
});

it('nothing judged has no consistency', () => {
  expect(nlvr2.measures!([])).toEqual({});
});

it('False stands before True', async () => {
  expect(await nlvr2.answers('')).toEqual(['False', 'True']);
});
