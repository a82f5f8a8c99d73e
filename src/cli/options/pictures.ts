import type { Option } from 'commander';
import { trainingOptions, type Values } from '../../training.ts';
import { optionOf } from './table.ts';

const { pictures, maxMegapixels } = trainingOptions;

/** Options of decoding pictures, as Commander parses them. */
export type PictureFlags = Values<{ pictures: typeof pictures; maxMegapixels: typeof maxMegapixels }>;

/** `--pictures` and `--max-megapixels`, which mean the same in every verb. @param otherwise what is done without. */
export const pictureOptions = (otherwise: string = pictures.otherwise): Option[] => [
  optionOf({ ...pictures, otherwise }),
  megapixelsOption(),
];

/** `--max-megapixels`, where pictures are not looked at. */
export const megapixelsOption = (): Option => optionOf(maxMegapixels);
