import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bertVocabulary, openExamples, readVocabulary, SPECIAL_PIECES, unknownWords } from '../../data.ts';
import { type Example, type Learnable, type ModelConfig, UserError } from '../../index.ts';
import { quote } from '../terminal/quote.ts';
import { percent } from '../terminal/table.ts';
import { recordShapes } from './tasks.ts';

/** Sources of the vocabulary of a model from scratch, beside `--vocabulary`. */
export interface WordSources {
  /** Folder of its training data. */
  readonly data: string;
  readonly task: Pick<Learnable, 'read'>;
}

/**
 * Reads the pieces that `--vocabulary` names, with commas between several: `bert`, a `vocab.txt`, `data` for the folder
 * of the training data, or another folder of data. A folder gives its `vocab.txt`, or the words of its training texts.
 * Listed pieces keep their order; the words follow, sorted, each once.
 *
 * @throws UserError where a folder has no texts that any task reads.
 */
export const vocabularyNamed = async (named: string, sources: WordSources): Promise<string[]> => {
  const parts = await Promise.all(named.split(',').map((part) => piecesOf(part.trim(), sources)));
  const listed = parts.flatMap(({ listed = [] }) => listed);
  const words = parts.flatMap(({ words = [] }) => words).sort();
  return [...new Set([...(listed.length > 0 ? listed : SPECIAL_PIECES), ...words])];
};

interface Pieces {
  /** Pieces by id. */
  readonly listed?: readonly string[] | undefined;
  readonly words?: readonly string[] | undefined;
}

const piecesOf = async (part: string, { data, task }: WordSources): Promise<Pieces> => {
  if (part === 'bert') return { listed: await bertVocabulary() };
  const path = part === 'data' ? data : part;
  const list = join(path, 'vocab.txt');
  if (existsSync(list)) return { listed: await readVocabulary(list) };
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile();
  if (part !== 'data' && isFile) return { listed: await readVocabulary(path) };
  return { words: unknownWords(part === 'data' ? await task.read(data, 'train') : await textsAt(path)) };
};

/** Reads the training examples of a folder, whatever task they are for. */
const textsAt = async (path: string): Promise<readonly Example[]> => {
  const failures: UserError[] = [];
  for (const records of recordShapes) {
    try {
      return (await openExamples(path, { records, split: 'train' })).examples;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error);
    }
  }
  throw new UserError(`--vocabulary: ${failures[0]!.message}`, { cause: failures[0] });
};

/** Part of a model's config that says how it reads texts. */
type Reader = Pick<ModelConfig, 'vocabulary' | 'words'>;

/** Share of unknown words above which a model and its data do not fit. */
const MOST_UNKNOWN = 0.01;

/** Number of texts that are checked. */
const LOOKED_AT = 20_000;

/**
 * Wraps a task so that reading its training split throws where too many words are unknown to the model, unless unknown
 * words are ignored: each is `[UNK]`, the same as every other.
 */
export const spelling = <T extends Learnable>(
  task: T,
  reader: Reader,
  unknown: 'refuse' | 'ignore' | undefined = 'refuse',
): T => ({
  ...task,
  read: async (folder, split, options) => {
    const examples = await task.read(folder, split, options);
    if (unknown === 'refuse' && split === 'train') refuseUnknown(examples.slice(0, LOOKED_AT), reader, folder);
    return examples;
  },
});

const refuseUnknown = (examples: readonly Example[], { vocabulary, words: rules }: Reader, folder: string): void => {
  const unknown = unknownWords(examples, vocabulary, rules);
  const share = unknown.length / Math.max(1, unknownWords(examples, undefined, rules).length);
  if (share <= MOST_UNKNOWN) return;
  const words = [...new Set(unknown)].sort();
  const some = words.slice(0, 8).join(', ') + (words.length > 8 ? ', …' : '');
  throw new UserError(
    `${folder}: ${percent(share)} of the words of its texts are unknown to the model, ${words.length} different ones (${some}): begin with a model whose words include them, made with --from-scratch --vocabulary ${quote(`data,${folder}`)}; or read them as [UNK] with --unknown-words ignore`,
  );
};
