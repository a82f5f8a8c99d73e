import { interpolationWeights } from '../data/interpolate.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Sizes } from '../model/sizes.ts';

type Table = Numbers<Float32Array>;

/** Whether a table of this name may have other rows in a file than in the model: `fitTable` gives it the model's. */
export const isResizable = (name: string): boolean => fits.some(({ names }) => names.test(name));

/** A table in the model's size, where the file has it in another; everything else as it is. */
export const resizeTable = (name: string, numbers: Table, sizes: Sizes): Table =>
  fits.find(({ names }) => names.test(name))?.fit(numbers, sizes) ?? numbers;

const fits: readonly { readonly names: RegExp; readonly fit: (table: Table, sizes: Sizes) => Table }[] = [
  {
    names: /(^|encoder\.)token_type_embeddings\.weight$/,
    fit: (table, { types }) => resizeModalityTable(table, types),
  },
  { names: /transformer\.pos_embed$/, fit: (table, { grid }) => resizePatchPositions(table, grid) },
  {
    names: /text_embeddings\.position_embeddings\.weight$/,
    fit: (table, { words }) => resizeWordPositions(table, words),
  },
];

/** NLVR2's second image begins as the first one does: further rows are copies of row 1 (ViLT code). */
export const resizeModalityTable = ({ shape: [rows, width], data }: Table, wanted: number): Table => {
  const grown = new Float32Array(wanted * width!);
  grown.set(data.subarray(0, grown.length));
  for (let row = rows!; row < wanted; row += 1) grown.set(data.subarray(width!, 2 * width!), row * width!);
  return { shape: [wanted, width!], data: grown };
};

/**
 * A position table [1, 1 + grid², width] for pictures of another size: bilinear with the corners kept (align_corners),
 * as ViLT interpolates it for every picture; the row of [CLS] stays.
 */
export const resizePatchPositions = ({ shape: [, rows, width], data }: Table, grid: number): Table => {
  const before = Math.sqrt(rows! - 1);
  const resized = new Float32Array((1 + grid * grid) * width!);
  resized.set(data.subarray(0, width!));
  for (let cell = 0; cell < grid * grid; cell += 1) {
    const into = resized.subarray((1 + cell) * width!, (2 + cell) * width!);
    for (const [y, down] of interpolationWeights(Math.floor(cell / grid), grid, before)) {
      for (const [x, right] of interpolationWeights(cell % grid, grid, before)) {
        addScaled(into, data.subarray((1 + y * before + x) * width!), down * right);
      }
    }
  }
  return { shape: [1, 1 + grid * grid, width!], data: resized };
};

/** A word position table for longer texts, by linear interpolation with the ends kept; for shorter ones its start. */
export const resizeWordPositions = ({ shape: [rows, width], data }: Table, words: number): Table => {
  if (words <= rows!) return { shape: [words, width!], data: data.slice(0, words * width!) };
  const resized = new Float32Array(words * width!);
  for (let word = 0; word < words; word += 1) {
    const into = resized.subarray(word * width!, (word + 1) * width!);
    for (const [row, weight] of interpolationWeights(word, words, rows!))
      addScaled(into, data.subarray(row * width!), weight);
  }
  return { shape: [words, width!], data: resized };
};

const addScaled = (into: Float32Array, from: Float32Array, factor: number): void => {
  for (let i = 0; i < into.length; i += 1) into[i]! += factor * from[i]!;
};
