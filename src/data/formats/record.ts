import { UserError } from '../../errors.ts';
import { fieldError, type JsonLine, textField } from '../../files/json-lines.ts';
import { type Example, type ImageSource, type ScoredAnswer, scoredAnswers, scoredLabel } from '../example.ts';
import type { ExampleTask } from './format.ts';
import { entailmentLabel } from './snli-ve.ts';

/** Names that sets give to the same thing, in the order in which they are looked for. */
const TEXTS: Readonly<Record<ExampleTask, readonly string[]>> = {
  vqa: ['question', 'text'],
  nlvr2: ['sentence', 'text', 'question'],
  ve: ['hypothesis', 'sentence', 'sentence2', 'text'],
  retrieval: ['caption', 'captions', 'text', 'txt', 'sentences'],
};
const LABELS = ['label', 'gold_label', 'answer'];
const ANSWERS = ['answers', 'answer', 'multiple_choice_answer', 'answer_scores'];

/** Whether a row with these fields can be an example of a task. */
export const hasText = (fields: readonly string[], task: ExampleTask): boolean =>
  TEXTS[task].some((name) => fields.includes(name));

/**
 * The examples of a row of a table or archive: one, or one for each caption. Its fields are what sets on the Hugging Face
 * hub, img2dataset and `dide convert` write; the others go to `about`.
 *
 * @throws UserError where the text is missing, or answers are no answers.
 */
export const recordExamples = (line: JsonLine, images: readonly ImageSource[], task: ExampleTask): Example[] => {
  const { examples } = line.row;
  if (Array.isArray(examples)) {
    return examples.flatMap((row: unknown, i) =>
      rowExamples({ where: `${line.where} text ${i + 1}`, row: rowOf(row, line) }, images, task),
    );
  }
  return rowExamples(line, images, task);
};

const rowOf = (row: unknown, line: JsonLine): JsonLine['row'] => {
  if (typeof row === 'object' && row !== null) return row as JsonLine['row'];
  throw fieldError(line, 'examples', 'a list of objects');
};

const rowExamples = (line: JsonLine, images: readonly ImageSource[], task: ExampleTask): Example[] => {
  const name = TEXTS[task].find((field) => line.row[field] != null) ?? TEXTS[task][0]!;
  const texts = textsOf(line, name);
  const answers = answersOf(line, task);
  const about = aboutOf(line, [name, ...(task === 'retrieval' ? [] : LABELS)], answers.said);
  return texts.map((text, i) => ({
    id: texts.length > 1 ? `${line.where} text ${i + 1}` : line.where,
    images,
    text,
    answers: answers.scored,
    ...(Object.keys(about).length ? { about } : {}),
  }));
};

const textsOf = (line: JsonLine, name: string): string[] => {
  const value = line.row[name];
  if (!Array.isArray(value)) return [textField(line, name)];
  if (value.length > 0 && value.every((one): one is string => typeof one === 'string')) return [...new Set(value)];
  throw fieldError(line, name, 'a text, or a list of texts');
};

/** What `dide convert` put into one field comes out as it was. */
const aboutOf = (
  { row }: JsonLine,
  used: readonly string[],
  said: readonly string[] | undefined,
): Record<string, unknown> => {
  const about = Object.entries(row).filter(
    ([name, value]) => value != null && !used.includes(name) && !ANSWERS.includes(name),
  );
  const { about: kept, ...rest } = Object.fromEntries(about);
  const nested = nestedIn(kept);
  return { ...rest, ...(said ? { answers: said } : {}), ...nested };
};

/** An object, or one as JSON in a column of texts. */
const nestedIn = (kept: unknown): object => {
  if (typeof kept === 'object' && kept !== null) return kept;
  if (typeof kept !== 'string') return kept === undefined ? {} : { about: kept };
  try {
    return nestedIn(JSON.parse(kept));
  } catch {
    return { about: kept };
  }
};

interface Answers {
  readonly scored: ScoredAnswer[];
  /** What every annotator said, where that is what the row holds. */
  readonly said?: readonly string[] | undefined;
}

const answersOf = (line: JsonLine, task: ExampleTask): Answers => {
  const { answers, answer_scores: scores, answer } = line.row;
  if (task === 'retrieval') return { scored: [] };
  if (Array.isArray(answers)) return listedOf(line, answers, scores);
  const label = LABELS.map((name) => line.row[name]).find((value) => value != null);
  if (task === 'vqa') return { scored: answer == null ? [] : scoredLabel(textField(line, 'answer')) };
  if (label === undefined) return { scored: [] };
  return { scored: task === 've' ? entailmentLabel(label, line.where) : truthOf(label, line.where) };
};

const listedOf = (line: JsonLine, answers: readonly unknown[], scores: unknown): Answers => {
  const texts = answers.map((one) => {
    const answer = typeof one === 'object' && one !== null && 'answer' in one ? one.answer : one;
    if (typeof answer === 'string') return answer;
    throw fieldError(line, 'answers', 'a list of texts, or of {"answer": …}');
  });
  if (!Array.isArray(scores)) return texts.length ? { scored: scoredAnswers(texts), said: texts } : { scored: [] };
  const isScored =
    scores.length === texts.length && scores.every((score) => typeof score === 'number' && score >= 0 && score <= 1);
  if (!isScored) throw fieldError(line, 'answer_scores', `a list of ${texts.length} numbers between 0 and 1`);
  return { scored: texts.map((answer, i) => ({ answer, score: scores[i] as number })) };
};

const truthOf = (label: unknown, where: string): ScoredAnswer[] => {
  const name = String(label).trim().toLowerCase();
  if (name === 'true' || name === 'false') return scoredLabel(name === 'true' ? 'True' : 'False');
  throw new UserError(`${where}: the label is ${JSON.stringify(label)}: write True or False.`);
};
