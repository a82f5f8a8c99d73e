import { crc32 } from 'node:zlib';
import { bytesOf } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { filterImages } from '../query/filter.ts';
import type { ImageFilter } from '../store/image-filter.ts';

/**
 * A part of the work of a question: some of the images that are asked, in their order. Its name is a word, `4096-8192@9c01a2ff`:
 * from the first of them to the one after the last, and the state of the cache, by which one that has changed since is known.
 */
export interface Piece {
  /** Number of its first image among those that the filter lets through. */
  readonly first: number;
  /** Number of the image after its last. */
  readonly end: number;
  /** State of the cache: eight hexadecimal digits. */
  readonly state: string;
}

/** Images that are read together; pieces begin at multiples, so that their numbers are those of one process, to the bit. */
const UNIT = 4096;
/** Images of a piece, unless another number is given. */
export const USUAL = 16 * UNIT;

/** A name that differs where another cache, or the same at another time, has other images: CRC-32 of its columns. */
export const stateOf = ({ about, columns }: ImageCache): string => {
  const begun = crc32(`${about.student} ${about.stamp ?? ''} ${columns.size}`);
  const { rows, bytes, modified } = columns;
  return [rows, bytes, modified]
    .reduce((crc, column) => crc32(bytesOf(column), crc), begun)
    .toString(16)
    .padStart(8, '0');
};

/** Options of `piecesOf`: which images will be asked, and how many of them a piece has. */
export interface PieceOptions extends ImageFilter {
  /** Images of a piece, a multiple of 4096. Default 65,536. */
  readonly images?: number | undefined;
}

/**
 * Names of the pieces that a question over a cache falls into: `answerPieces` answers some of them, on any machine, and
 * `mergeAnswers` makes the answers of all.
 *
 * @throws UserError where the filter or the number of images is wrong.
 */
export const piecesOf = (cache: ImageCache, options: PieceOptions = {}): string[] => {
  const { images = USUAL } = options;
  if (!(images >= UNIT && images % UNIT === 0))
    throw new UserError(`pieces of ${images} images: give a multiple of ${UNIT}`);
  const { count } = filterImages(cache, options);
  return namesBetween({ first: 0, end: count, state: stateOf(cache) }, images);
};

/** Names of the pieces of so many images that lie in another one. */
export const namesBetween = ({ first, end, state }: Piece, images: number): string[] => {
  const begin = Math.floor(first / images);
  return Array.from({ length: Math.ceil(end / images) - begin }, (_, i) => {
    const from = Math.max(first, (begin + i) * images);
    return nameOf({ first: from, end: Math.min(end, (begin + i + 1) * images), state });
  });
};

/** Name of a piece. */
export const nameOf = ({ first, end, state }: Piece): string => `${first}-${end}@${state}`;

/**
 * The piece of a name.
 *
 * @param count images that are asked.
 * @throws UserError where it is none of the cache as it is now, or of the images that are asked.
 */
export const pieceOf = (name: string, { cache, state, count }: PieceContext): Piece => {
  const [, first, end, of] = /^(\d+)-(\d+)@([0-9a-f]{8})$/.exec(name) ?? [];
  if (of === undefined)
    throw new UserError(
      `${JSON.stringify(name)} names no piece: give names as --list prints them, such as 0-65536@${state}`,
    );
  const piece = { first: Number(first), end: Number(end), state: of };
  if (of !== state)
    throw new UserError(
      `piece ${name}: it is of another cache, or ${cache.folder} has changed since: list the pieces again`,
    );
  const isWhole = piece.first % UNIT === 0 && (piece.end % UNIT === 0 || piece.end === count);
  if (isWhole && piece.first < piece.end && piece.end <= count) return piece;
  throw new UserError(
    `piece ${name}: it is none of the ${count} images that are asked: list the pieces with the same filter, and begin each at a multiple of ${UNIT}`,
  );
};

/** Cache and question that the pieces are parts of. */
export interface PieceContext {
  readonly cache: ImageCache;
  /** `stateOf` the cache. */
  readonly state: string;
  /** Images that are asked. */
  readonly count: number;
}
