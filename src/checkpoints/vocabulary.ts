import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bertVocabulary, readVocabulary } from '../data/tokenizer.ts';
import { UserError } from '../errors.ts';

/**
 * Finds the vocabulary of a model: the one that is passed, that of `vocab.txt` beside the file, or BERT's.
 *
 * @param rows number of rows of the model's word table.
 * @returns word pieces by id.
 * @throws UserError where it cannot be read, or has not as many pieces as the table has rows.
 */
export const findVocabulary = async (
  rows: number,
  { vocabulary, path }: { readonly vocabulary?: readonly string[] | undefined; readonly path: string },
): Promise<string[]> => {
  const beside = join(dirname(path), 'vocab.txt');
  const pieces = vocabulary ?? (await (existsSync(beside) ? readVocabulary(beside) : bertVocabulary()));
  if (pieces.length === rows) return [...pieces];
  throw new UserError(
    `${path}: its word table has ${rows} rows and the vocabulary ${pieces.length} pieces: put its vocab.txt beside it, or name one (--vocabulary FILE)`,
  );
};
