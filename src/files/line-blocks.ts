import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { readUpTo } from './read-exactly.ts';

/** Bytes that are read at once, and those that one line may have at most. */
const PIECE = 2 ** 20;
const LONGEST = 2 ** 24;

/** Some whole lines of a file, without their line ends. */
export interface LineBlock {
  readonly lines: readonly string[];
  /** The byte behind the last of them. */
  readonly end: number;
}

/**
 * Reads the lines of an open file from a byte on, as many at a time as a piece of it holds, so that a file may be longer
 * than any string. What follows the last line end is no line.
 *
 * @throws UserError where a line is longer than 16 MiB.
 */
export async function* readLineBlocks(
  handle: FileHandle,
  { begin, path }: { readonly begin: number; readonly path: string },
): AsyncGenerator<LineBlock, void, undefined> {
  let rest = Buffer.alloc(0);
  for (let at = begin; ; ) {
    const piece = Buffer.alloc(PIECE);
    const read = await readUpTo(handle, piece, at);
    if (read === 0) return;
    at += read;
    const bytes = Buffer.concat([rest, piece.subarray(0, read)]);
    const end = bytes.lastIndexOf(10) + 1;
    rest = bytes.subarray(end);
    if (rest.length > LONGEST)
      throw new UserError(`${path}: a line of it is longer than ${LONGEST} bytes: it is damaged: get or make it again`);
    if (end > 0) yield { lines: bytes.toString('utf8', 0, end - 1).split('\n'), end: at - rest.length };
  }
}
