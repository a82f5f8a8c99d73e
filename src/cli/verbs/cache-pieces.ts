import { type Model, UserError } from '../../index.ts';
import { type EncodePicturesOptions, encodePictures, pendingPictures } from '../../scale.ts';
import {
  linesInAll,
  listOption,
  mergeOption,
  namesIn,
  type PieceFlags,
  pieceOptions,
  piecesOption,
} from '../options/pieces/pieces.ts';
import { doneBySpark, type SparkCommand, sparkOptions } from '../options/pieces/spark.ts';
import { printNotice } from '../terminal/notice.ts';
import { printJsonLines, printText } from '../terminal/print-lines.ts';
import { groupedCount } from '../terminal/table.ts';

/** `--list`, `--pieces`, `--merge` and `--spark` of a cache. */
export const cachePieceOptions = () => [
  ...pieceOptions({
    list: listOption('--list', 'print the paths of the pictures that are not cached yet, and encode none'),
    pieces: piecesOption('encode only these pictures, paths below the folder as --list prints them'),
    merge: mergeOption('cache what --pieces printed, and encode only what is missing there'),
  }),
  ...sparkOptions(),
];

/** Images to cache, and the options of encoding them. */
interface Work {
  readonly images: string;
  readonly options: PieceFlags &
    EncodePicturesOptions & {
      readonly to: string;
      readonly compare: 'time' | 'bytes';
      readonly unreadable: 'skip' | 'refuse';
    };
}

/** Whether a command does a part of the work, or names it; if so, it is done. */
export const hasEncodedPieces = async (student: Model, { images, options }: Work): Promise<boolean> => {
  const { to, compare, batch, threads, pictures, maxMegapixels, unreadable } = options;
  if (options.list !== undefined) {
    const { names, unnamed } = await pendingPictures(student, images, { to, compare });
    await printText(names.map((name) => `${name}\n`).join(''));
    if (unnamed > 0)
      printNotice(`left out: ${groupedCount(unnamed, 'picture')} with a line end in the name; --merge encodes them`);
    return true;
  }
  if (options.pieces === undefined) return false;
  const onWarning = (message: string): void => {
    if (unreadable === 'refuse') throw new UserError(message);
    printNotice(message);
  };
  const how = { to, batch, threads, pictures, maxMegapixels, onWarning };
  await printJsonLines(encodePictures(student, images, namesIn(options.pieces), how));
  return true;
};

/** Pictures that one statement of Spark encodes: what it gives back is held by Spark's driver, and cached before the next. */
const WINDOW = 16_384;

/** Encoded pieces of other processes or of Spark; undefined where all is encoded here. */
export const encodedElsewhere = (
  student: Model,
  { images, options, words }: Work & { readonly options: SparkCommand['options']; readonly words: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<string> | undefined => {
  if (options.merge) return linesInAll(options.merge);
  return options.spark === undefined ? undefined : encodedBySpark(student, { images, options, words }, signal);
};

async function* encodedBySpark(
  student: Model,
  { images, options, words }: Parameters<typeof encodedElsewhere>[1],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { names } = await pendingPictures(student, images, { to: options.to, compare: options.compare, signal });
  for (let first = 0; first < names.length; first += WINDOW)
    yield* doneBySpark({ words, options }, names.slice(first, first + WINDOW), signal);
}
