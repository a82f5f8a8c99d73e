import { type Model, UserError } from '../../index.ts';
import { type EncodePicturesOptions, encodePictures, pendingPictures } from '../../scale.ts';
import { listOption, mergeOption, namesIn, type PieceFlags, pieceOptions, piecesOption } from '../options/pieces.ts';
import { printNotice } from '../terminal/notice.ts';
import { printJsonLines, printText } from '../terminal/print-lines.ts';
import { groupedCount } from '../terminal/table.ts';

/** `--list`, `--pieces` and `--merge` of a cache. */
export const cachePieceOptions = () =>
  pieceOptions({
    list: listOption('--list', 'print the paths of the pictures that are not cached yet, and encode none'),
    pieces: piecesOption('encode only these pictures, paths below the folder as --list prints them'),
    merge: mergeOption('cache what --pieces printed, and encode only what is missing there'),
  });

/** What is cached, and how. */
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
