import type { Example } from '../example.ts';
import type { ExampleTask } from './format.ts';

/** What a set calls its text, as others of its task on the Hugging Face hub do. */
export const textField: Readonly<Record<ExampleTask, string>> = {
  vqa: 'question',
  nlvr2: 'sentence',
  ve: 'hypothesis',
  retrieval: 'caption',
};

/** An example without its pictures, as a row that `recordExamples` reads back as it was. */
export const recordOf = ({ text, answers, about }: Example, task: ExampleTask): Record<string, unknown> => ({
  [textField[task]]: text,
  ...answersOf(answers, task),
  ...(about ? { about } : {}),
});

const answersOf = (answers: Example['answers'], task: ExampleTask): Record<string, unknown> => {
  if (task === 'retrieval' || answers.length === 0) return {};
  if (task !== 'vqa') return { label: answers[0]!.answer };
  return { answers: answers.map(({ answer }) => answer), answer_scores: answers.map(({ score }) => score) };
};

/** Texts about the same pictures as one row: captions as a list, questions and statements as `examples`. */
export const recordOfAll = (examples: readonly Example[], task: ExampleTask): Record<string, unknown> => {
  const [first] = examples as [Example];
  if (examples.length === 1) return recordOf(first, task);
  if (task === 'retrieval') return { ...recordOf(first, task), caption: examples.map(({ text }) => text) };
  return { examples: examples.map((example) => recordOf(example, task)) };
};
