import type { Example } from '../../index.ts';

/** How often one is right who never looks, between 0 and 1. */
export interface QuestionPrior {
  /** Always with the commonest answer of all. */
  readonly answer: number;
  /** With the commonest answer to the very same question; where it was never asked, with the commonest of all. */
  readonly question: number;
}

/** What the answers of `train` say of those of `test`, pictures unseen: nothing below it is learnt from pictures. */
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

/** The first of the commonest. */
const commonest = (counts: ReadonlyMap<string, number> | undefined): string | undefined =>
  [...(counts ?? [])].reduce<[string, number] | undefined>(
    (best, one) => (best && best[1] >= one[1] ? best : one),
    undefined,
  )?.[0];
