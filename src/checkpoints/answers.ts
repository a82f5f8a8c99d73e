import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { readJson } from '../files/json.ts';

/** More answers than any classifier gives; an id beyond it is no place in one. */
const MOST = 2 ** 20;

/**
 * The answers of a classifier in its order, from a file that somebody has of them: text with one a line, a JSON list,
 * `{"0": "no", …}`, `{"no": 0, …}`, or a Hugging Face config with its `id2label`. An id that none names, as ViLT's own
 * vqa_dict.json lacks one, becomes `unknown (125)`.
 *
 * @throws UserError where it is none of these, or names an answer or a place twice.
 */
export const readAnswerList = async (
  path: string,
  { onWarning }: { readonly onWarning?: ((message: string) => void) | undefined } = {},
): Promise<string[]> => {
  const answers = path.endsWith('.json') ? listedIn(await readJson(path), { path, onWarning }) : await linesOf(path);
  const seen = new Set<string>();
  for (const answer of answers) {
    if (seen.has(answer))
      throw new UserError(`${path}: it names ${JSON.stringify(answer)} twice: name each place once`);
    seen.add(answer);
  }
  if (answers.length > 0) return answers;
  throw new UserError(`${path}: it names no answer: give one a line, in the order of the classifier`);
};

const linesOf = async (path: string): Promise<string[]> => {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: the answers cannot be read (${cause.code}): give a file with one a line`, { cause });
  });
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const empty = lines.indexOf('');
  if (empty < 0) return lines;
  throw new UserError(
    `${path}:${empty + 1}: the line is empty: give one answer a line, in the order of the classifier`,
  );
};

interface Where {
  readonly path: string;
  readonly onWarning: ((message: string) => void) | undefined;
}

const listedIn = (json: unknown, where: Where): string[] => {
  if (isList(json)) return [...json];
  if (isRecord(json)) {
    for (const name of ['id2label', 'id2answer', 'label2id', 'answer2id']) {
      if (isRecord(json[name])) return placed(pairsOf(json[name], where), where);
    }
    return placed(pairsOf(json, where), where);
  }
  throw noAnswers(where);
};

const isList = (json: unknown): json is string[] =>
  Array.isArray(json) && json.every((answer) => typeof answer === 'string');

const isRecord = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const noAnswers = ({ path }: Where): UserError =>
  new UserError(`${path}: it is no list of answers: give ["no", "yes"], {"0": "no", "1": "yes"} or one a line`);

/** Id and answer, whichever of them is the key. */
const pairsOf = (record: Record<string, unknown>, where: Where): [number, string][] =>
  Object.entries(record).map(([key, value]): [number, string] => {
    const [id, answer] = typeof value === 'number' ? [value, key] : [Number(key), value];
    if (Number.isSafeInteger(id) && id >= 0 && id < MOST && typeof answer === 'string') return [id, answer];
    throw noAnswers(where);
  });

const placed = (pairs: readonly (readonly [number, string])[], { path, onWarning }: Where): string[] => {
  const answers = new Map(pairs);
  if (answers.size < pairs.length) throw new UserError(`${path}: two answers have one id: give each its own`);
  const count = 1 + pairs.reduce((most, [id]) => Math.max(most, id), -1);
  const missing = count - pairs.length;
  if (missing > pairs.length) throw new UserError(`${path}: ${missing} of ${count} ids have no answer: name them all`);
  return Array.from({ length: count }, (_, id) => {
    const answer = answers.get(id);
    if (answer === undefined) onWarning?.(`${path}: nothing is named ${id}: that answer is called "unknown (${id})"`);
    return answer ?? `unknown (${id})`;
  });
};
