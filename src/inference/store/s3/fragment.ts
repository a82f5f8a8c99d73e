import { UserError } from '../../../errors.ts';
import { type Line, parseLine } from '../layout.ts';

/**
 * Some images of a cache as one object, which is written whole or not at all and never changed:
 *
 *   'dide-s31'   8 bytes
 *   header       JSON, filled up with spaces to 248 bytes
 *   lines        JSON, one a line, as in the index of a cache in a folder
 *   rows         as they are kept
 */
export interface FragmentHeader {
  /** Row of the cache that its first row is. */
  readonly first: number;
  /** Number of its rows. */
  readonly rows: number;
  /** Bytes of its lines. */
  readonly lines: number;
  /** Bytes of a row. */
  readonly rowBytes: number;
  /** A random name of its writer: who asks twice for the same write knows its own again. */
  readonly writer: string;
  /**
   * Time in milliseconds since 1970 at which a writer began to write the cache anew; of an empty fragment that keeps others
   * from adding to the old one.
   */
  readonly sealed?: number | undefined;
}

const MAGIC = 'dide-s31';
/** Bytes before the lines. */
export const HEAD = 256;

/** Key of the fragment of a number, in the generation of a stamp. */
export const fragmentKey = (stamp: string, number: number): string => `${stamp}/${String(number).padStart(8, '0')}`;

/** Number of the fragment of a key; undefined for the key of something else. */
export const fragmentNumber = (key: string): number | undefined => {
  const [, digits] = /\/(\d{8})$/.exec(key) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

/** Bytes of a fragment. */
export const encodeFragment = (
  { sealed, ...given }: Omit<FragmentHeader, 'lines'>,
  lines: readonly Line[],
  vectors: readonly Uint8Array[],
): Uint8Array => {
  const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const header = JSON.stringify({ ...given, lines: text.length, sealed });
  return Buffer.concat([Buffer.from(MAGIC + header.padEnd(HEAD - MAGIC.length)), text, ...vectors]);
};

/** The header in the first bytes of a fragment. @throws UserError where it is none, or not of the size that it says. */
export const parseHeader = (head: Uint8Array, bytes: number, shown: string): FragmentHeader => {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(HEAD, head.length)).toString('utf8');
  try {
    const header = JSON.parse(text.slice(MAGIC.length)) as FragmentHeader;
    const { first, rows, lines, rowBytes } = header;
    const isSound = [first, rows, lines, rowBytes].every((one) => Number.isSafeInteger(one) && one >= 0);
    if (text.startsWith(MAGIC) && isSound && HEAD + lines + rows * rowBytes === bytes) return header;
  } catch {
    // no JSON: it is damaged, as below
  }
  throw new UserError(`${shown}: it is damaged: ${MEND}`);
};

/** Advice for a cache that lacks something. */
export const MEND = 'copy the whole cache again, or cache the images into another place';

/** The lines in the bytes of a fragment. @throws UserError where one is none. */
export const parseLines = (bytes: Uint8Array, shown: string): Line[] =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((text, i) => {
      const line = parseLine(JSON.parse(text));
      if (line) return line;
      throw new UserError(`${shown}: line ${i + 1} is damaged: ${MEND}`);
    });
