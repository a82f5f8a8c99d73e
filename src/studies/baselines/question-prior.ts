import type { Example } from '../../index.ts';

/** Accuracies without looking at the image, between 0 and 1. */
export interface QuestionPrior {
  /** Accuracy of always giving the most common answer. */
  readonly answer: number;
  /** Accuracy of giving the most common answer to the same question, or the most common of all if it is new. */
  readonly question: number;
}

/** Accuracy on `test` of the most common answers in `train`: a model below it has learnt nothing from images. */
export const questionPrior = (train: readonly Example[], test: readonly Example[]): QuestionPrior => {
  const [all, byQuestion] = [new Map<string, number>(), new Map<string, Map<string, number>>()];
  for (const { text, answers } of train) {
    if (!byQuestion.has(text)) byQuestion.set(text, new Map());
    for (const counts of [all, byQuestion.get(text)!])
      for (const { answer, score } of answers) counts.set(answer, (counts.get(answer) ?? 0) + score);
  }
  const always = commonest(all);
  const scoreOf = ({ answers }: Example, said: string | undefined): number =>
    answers.find(({ answer }) => answer === said)?.score ?? 0;
  const mean = (said: (example: Example) => string | undefined): number =>
    test.reduce((sum, example) => sum + scoreOf(example, said(example)), 0) / test.length;
  return { answer: mean(() => always), question: mean(({ text }) => commonest(byQuestion.get(text)) ?? always) };
};

/** The most common answer; of equals, the first. */
const commonest = (counts: ReadonlyMap<string, number> | undefined): string | undefined =>
  [...(counts ?? [])].reduce<[string, number] | undefined>(
    (best, one) => (best && best[1] >= one[1] ? best : one),
    undefined,
  )?.[0];
