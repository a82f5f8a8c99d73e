import { expect, it } from 'vitest';
import type { Example } from '../data/example.ts';
import { confusionOf, snliVe } from './snli-ve.ts';

const example = (answer: string): Example => ({
  id: 'dev.jsonl:3',
  images: ['a.jpg'],
  text: 'Two dogs run.',
  answers: [{ answer, score: 1 }],
});

const judged = (right: string, predicted: string) => ({
  example: example(right),
  predicted,
  score: Number(right === predicted),
});

it("has the authors' order of answers, and the name of their head", async () => {
  expect(await snliVe.answers('')).toEqual(['contradiction', 'entailment', 'neutral']);
  expect(snliVe.name).toBe('ve');
});

it('labels are known by name, in any case', () => {
  expect(snliVe.records!.answers.label(' Neutral', 'dev.jsonl:3')).toEqual([{ answer: 'neutral', score: 1 }]);
});

it("a label that is none is the user's to mend", () => {
  expect(() => snliVe.records!.answers.label('2', 'dev.jsonl:3')).toThrow(
    'dev.jsonl:3: the label is "2", whose meaning differs between sets: write contradiction, entailment, neutral',
  );
});

it('the confusion matrix has a row for each answer that examples have, in which each is given one answer', () => {
  const all = [
    judged('neutral', 'neutral'),
    judged('neutral', 'entailment'),
    judged('neutral', 'neutral'),
    judged('neutral', 'neutral'),
    judged('entailment', 'entailment'),
  ];
  expect(snliVe.measures!(all)).toEqual({
    'entailment as contradiction': [0],
    'entailment as entailment': [1],
    'entailment as neutral': [0],
    'neutral as contradiction': [0, 0, 0, 0],
    'neutral as entailment': [0, 1, 0, 0],
    'neutral as neutral': [1, 0, 1, 1],
  });
  expect(confusionOf([], ['a', 'b'])).toEqual({});
});
