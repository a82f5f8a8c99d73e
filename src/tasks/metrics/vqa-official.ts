import { normalizeAnswer } from '../../data/formats/vqa-answers.ts';
import { UserError } from '../../errors.ts';
import { meanOf, type Prediction } from '../task.ts';

/**
 * Score of an answer in the VQA evaluation, between 0 and 1: each of the ten annotators is left out in turn, and the
 * answer earns min(1, n / 3) where n of the other nine gave it; the mean over the ten.
 *
 * Answers are normalised before they are compared, except where all annotators said the same (VQA evaluation code).
 */
export const officialScore = (predicted: string, annotators: readonly string[]): number => {
  const said = annotators.map(trimmed);
  const isSplit = new Set(said).size > 1;
  const [given, others] = isSplit
    ? [normalizeAnswer(trimmed(predicted)), said.map(normalizeAnswer)]
    : [trimmed(predicted), said];
  const alike = others.filter((one) => one === given).length;
  return meanOf(others.map((one) => Math.min(1, (alike - (one === given ? 1 : 0)) / 3)));
};

const trimmed = (answer: string): string => answer.replaceAll(/[\n\t]/g, ' ').trim();

/**
 * Official scores of all questions, and of those of each answer type: `yes/no`, `number`, `other`. They need the
 * answers of all annotators in `about.answers` and the type in `about.answer_type`; without those the measures are
 * absent.
 */
export const officialMeasures = (judged: readonly Prediction[]): Record<string, number[]> => {
  const scores = new Map<string, number[]>();
  for (const { example, predicted } of judged) {
    const { answers, answer_type: type } = example.about ?? {};
    if (!isTexts(answers)) continue;
    const score = officialScore(predicted, answers);
    for (const name of ['official', ...(typeof type === 'string' ? [`official ${type}`] : [])]) {
      const all = scores.get(name);
      if (all) all.push(score);
      else scores.set(name, [score]);
    }
  }
  return Object.fromEntries(scores);
};

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');

/** An entry of the file that the VQA server takes. */
export interface Submitted {
  readonly question_id: number;
  readonly answer: string;
}

/**
 * The submission to the VQA server: a list with the answer to each question, by its `about.question_id`.
 *
 * @throws UserError where a question has no id, or two have the same.
 */
export const submissionOf = (judged: readonly Pick<Prediction, 'example' | 'predicted'>[]): Submitted[] => {
  const asked = new Map<number, string>();
  return judged.map(({ example: { id, about }, predicted }) => {
    const question = about?.question_id;
    if (typeof question !== 'number') {
      throw new UserError(
        `${id}: has no question_id: the VQA server knows questions by theirs: give VQA v2's own files`,
      );
    }
    const before = asked.get(question);
    if (before !== undefined) throw new UserError(`${id}: question_id ${question} is that of ${before} too: keep one`);
    asked.set(question, id);
    return { question_id: question, answer: predicted };
  });
};
