import { basename } from 'node:path';
import { UserError } from '../../errors.ts';
import { readTextChunks } from '../text.ts';

/** Longest line, in characters; a file without line ends must not fill the memory. */
const LONGEST = 2 ** 24;

/**
 * The lines of a file, as they are consumed; what follows the last line end is one, too.
 *
 * @param path of a file, or `-` for standard input.
 * @throws UserError where the file cannot be read, or a line is far too long.
 */
export const linesOf = (path: string): AsyncGenerator<string, void, undefined> =>
  path === '-'
    ? linesIn(process.stdin.setEncoding('utf8') as AsyncIterable<string>, 'standard input')
    : linesIn(readTextChunks(path), basename(path));

/** Splits at newlines alone: Node's readline would also end a line at U+2028, which JSON allows inside a text. */
async function* linesIn(chunks: AsyncIterable<string>, name: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  let ended = 0;
  for await (const chunk of chunks) {
    const lines = chunk.split('\n');
    // only the new piece is searched, or a long line would be searched again with each of its pieces
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    ended += lines.length;
    yield* lines;
    if (rest.length <= LONGEST) continue;
    throw new UserError(`${name}:${ended + 1}: longer than ${LONGEST} characters: write one JSON object on each line.`);
  }
  yield rest;
}
