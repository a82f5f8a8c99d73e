import { describe, expect, it } from 'vitest';
import { scoredLabel } from '../../data.ts';
import type { Example } from '../../index.ts';
import { questionPrior } from './question-prior.ts';

const asked = (text: string, answer: string): Example => ({
  id: text,
  images: ['a'],
  text,
  answers: scoredLabel(answer),
});

describe('the prior of questions', () => {
  const train = [
    asked('red?', 'yes'),
    asked('red?', 'yes'),
    asked('red?', 'no'),
    asked('what?', 'blue'),
    asked('what?', 'blue'),
  ];

  it('is the share that the commonest answer to the same question gets right', () => {
    const test = [asked('red?', 'yes'), asked('red?', 'no'), asked('what?', 'blue'), asked('what?', 'red')];
    expect(questionPrior([...train, asked('red?', 'yes')], test)).toEqual({ answer: 1 / 4, question: 2 / 4 });
  });

  it('falls back on the commonest answer of all where a question was never asked', () => {
    const test = [asked('why?', 'yes'), asked('why?', 'blue')];
    expect(questionPrior([...train, asked('red?', 'yes')], test).question).toBe(1 / 2);
  });
});
