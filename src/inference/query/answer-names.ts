import { distance } from 'fastest-levenshtein';
import { counted, UserError } from '../../errors.ts';
import type { ModelConfig } from '../../model/config.ts';

type Answers = Pick<ModelConfig, 'answers'>;

/**
 * Index of an answer among those of a student.
 *
 * @throws UserError that lists the answers most like it.
 */
export const indexOfAnswer = (answer: string, { answers }: Answers): number => {
  const index = answers.indexOf(answer);
  if (index >= 0) return index;
  const near = nearAnswers(answer, answers);
  const some = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
  const advice = near.length > 0 ? `did you mean ${near.join(', ')}?` : 'choose one of them';
  throw new UserError(
    `${JSON.stringify(answer)} is not among the ${counted(answers.length, 'answer')} of the student (${some}): ${advice}`,
  );
};

/** Most answers that are named as like another one. */
const MOST = 5;

/**
 * The answers most like a text, the most alike first: the same but for the case of letters, those that contain it or
 * are contained in it, and those that differ in few letters.
 */
const nearAnswers = (answer: string, answers: readonly string[]): string[] => {
  const text = answer.trim().toLowerCase();
  const farthest = Math.max(1, Math.floor(text.length / 3));
  return answers
    .map((name) => ({ name, far: distanceOf(text, name.toLowerCase()) }))
    .filter(({ far }) => far <= farthest)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ name }) => name);
};

const distanceOf = (text: string, name: string): number => {
  const isPart = text.length >= 3 && name.length >= 3 && (name.includes(text) || text.includes(name));
  return Math.min(distance(text, name), isPart ? 1 : Number.POSITIVE_INFINITY);
};

/** First words of questions that are answered by yes or no. */
const YES_OR_NO =
  /^(is|are|was|were|am|do|does|did|can|could|has|have|had|will|would|shall|should|may|might|must)(n['’]t)?\s/i;

/** Whether a question is answered by yes or no: it begins with a verb, and offers no choice by `or`. */
export const isYesOrNo = (question: string): boolean => YES_OR_NO.test(question.trim()) && !/\sor\s/i.test(question);

/** Answer that a question is asked for, where none is named: `yes` of a yes/no question; undefined of any other. */
export const expectedAnswer = (question: string, { answers }: Answers): string | undefined =>
  isYesOrNo(question) && answers.includes('yes') ? 'yes' : undefined;
