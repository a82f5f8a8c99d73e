import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { assetPath } from '../files/asset.ts';
import { SPECIAL_PIECES } from './words.ts';

/**
 * Reads a vocabulary file, one piece a line, by id.
 *
 * @param special pieces that it must have.
 * @throws UserError when the file cannot be read or lacks a special piece.
 */
export const readVocabulary = async (
  path: string | URL,
  special: readonly string[] = SPECIAL_PIECES,
): Promise<string[]> => {
  const name = typeof path === 'string' ? path : fileURLToPath(path);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${name}: cannot read the vocabulary (${cause.code}): give the path of a vocab.txt.`, {
      cause,
    });
  });
  const pieces = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const missing = special.filter((piece) => !pieces.includes(piece));
  if (missing.length) {
    throw new UserError(
      `${name}: ${pieces.length} lines without ${missing.join(', ')}: use BERT's vocab.txt, one piece a line.`,
    );
  }
  return pieces;
};

/** Reads the 30,522 pieces of bert-base-uncased, from `assets/bert-base-uncased-vocab.txt`. */
export const bertVocabulary = (): Promise<string[]> => readVocabulary(assetPath('bert-base-uncased-vocab.txt'));
