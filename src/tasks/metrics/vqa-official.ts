import { normalizeAnswer } from '../../data/formats/vqa-answers.ts';
import { UserError } from '../../errors.ts';
import { meanOf, type Prediction } from '../task.ts';

/**
 * What the VQA evaluation gives an answer, between 0 and 1: of the ten annotators each is left out in turn, and the
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
 * The official score of each question: over all questions, and over those of each answer type: `yes/no`, `number`, `other`. Needs what
 * every annotator said in `about.answers` and the type in `about.answer_type`; without them there is nothing to say.
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

/** One line of the file that the VQA server takes. */
export interface Submitted {
  readonly question_id: number;
  readonly answer: string;
}

/**
 * What the VQA server is sent: one JSON list with the answer to each question, by its `about.question_id`.
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
