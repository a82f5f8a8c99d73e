import { UserError } from '../../errors.ts';
import type { ModelConfig } from '../../model/config.ts';
import type { ScanQuestion } from '../scan.ts';
import { expectedAnswer, isYesOrNo } from './answer-names.ts';

/**
 * A further question of an image, and the answer that counts: `{ question: 'what color is the bus?', answer: 'red' }`, or
 * the same as a text, `what color is the bus? = red`. Of a yes/no question the answer is `yes` unless it is named.
 */
export type Condition = string | { readonly question: string; readonly answer?: string | undefined };

/** Questions of an image whose probabilities are multiplied. */
export interface Conditions {
  /** Questions whose answer must be given, too: the probability is multiplied by that of the answer. */
  readonly and?: readonly Condition[] | undefined;
  /** Questions whose answer must not be given: the probability is multiplied by 1 less that of the answer. */
  readonly not?: readonly Condition[] | undefined;
}

/** Reads `QUESTION = ANSWER`: what stands after the last `=`, unless a question mark follows it, is the answer. */
export const parseCondition = (condition: Condition): { readonly question: string; readonly answer?: string } => {
  if (typeof condition !== 'string') return condition as { question: string; answer?: string };
  const [, question, answer] = /^(.*?)\s*=\s*([^=?]*)$/s.exec(condition) ?? [];
  if (question === undefined) return { question: condition };
  if (question.trim() === '' || answer!.trim() === '')
    throw new UserError(
      `${JSON.stringify(condition)}: write the question, then = and its answer: "what color is the bus? = red"`,
    );
  return { question, answer: answer!.trim() };
};

/**
 * A condition as it is asked of the images.
 *
 * @throws UserError where no answer is named, and the question is none of yes or no, or the student cannot say yes.
 */
export const questionOf = (condition: Condition, config: Pick<ModelConfig, 'answers'>): ScanQuestion => {
  const { question, answer = expectedAnswer(question, config) } = parseCondition(condition);
  if (answer !== undefined) return { text: question, answer };
  const reason = isYesOrNo(question) ? 'no answer of the student is yes' : 'it is no question of yes or no';
  throw new UserError(`${JSON.stringify(question)}: ${reason}: say which answer counts, "${question} = ANSWER"`);
};

/** Rows of a scan's scores that are multiplied. */
export interface Factors {
  /** Row of the question itself. */
  readonly first: number;
  /** Rows of the answers that must be given, too. */
  readonly and: readonly number[];
  /** Rows of the answers that must not be given. */
  readonly not: readonly number[];
}

/** Multiplies probabilities, as if the answers were independent: scores [questions, count] → [count], which may be a part of them. */
export const product = (scores: Float64Array, count: number, { first, and, not }: Factors): Float64Array => {
  const own = scores.subarray(first * count, (first + 1) * count);
  const result = and.length + not.length > 0 ? own.slice() : own;
  for (const row of and) for (let i = 0; i < count; i += 1) result[i]! *= scores[row * count + i]!;
  for (const row of not) for (let i = 0; i < count; i += 1) result[i]! *= 1 - scores[row * count + i]!;
  return result;
};
