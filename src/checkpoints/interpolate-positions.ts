import { interpolationWeights } from '../data/interpolate.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Sizes } from '../model/sizes.ts';

type Table = Numbers<Float32Array>;

/** An embedding table whose number of rows may differ between a file and the model. */
interface Resizable {
  readonly names: RegExp;
  /** Number of rows in a model. */
  readonly rows: (sizes: Sizes) => number;
  readonly resize: (table: Table, sizes: Sizes) => Table;
}

/** Rows of BERT's table of segments, of which texts have the first. */
const SEGMENTS = 2;

const resizable: readonly Resizable[] = [
  {
    names: /text_embeddings\.token_type_embeddings\.weight$/,
    rows: () => SEGMENTS,
    resize: (table) => resizeSegments(table),
  },
  {
    names: /(^|encoder\.)token_type_embeddings\.weight$/,
    rows: ({ types }) => types,
    resize: (table, { types }) => resizeModalityTable(table, types),
  },
  {
    names: /transformer\.pos_embed$/,
    rows: ({ grid }) => 1 + grid * grid,
    resize: (table, { grid }) => resizePatchPositions(table, grid),
  },
  {
    names: /text_embeddings\.position_embeddings\.weight$/,
    rows: ({ words }) => words,
    resize: (table, { words }) => resizeWordPositions(table, words),
  },
];

const resizableNamed = (name: string): Resizable | undefined => resizable.find(({ names }) => names.test(name));

/** Number of rows that `resizeTable` gives a table; undefined for a parameter that is not resized. */
export const resizedRows = (name: string, sizes: Sizes): number | undefined => resizableNamed(name)?.rows(sizes);

/** Resizes an embedding table to the sizes of a model; any other parameter is returned as it is. */
export const resizeTable = (name: string, numbers: Table, sizes: Sizes): Table =>
  resizableNamed(name)?.resize(numbers, sizes) ?? numbers;

/** Resizes the table of segments to two rows; the second, which no text has, is a copy of the first where it lacks one. */
const resizeSegments = ({ shape: [rows, width], data }: Table): Table => {
  const first = data.slice(0, width!);
  const second = rows! > 1 ? data.subarray(width!, 2 * width!) : first;
  return { shape: [SEGMENTS, width!], data: Float32Array.of(...first, ...second) };
};

/** Adds rows to the modality table, for NLVR2's second image: copies of row 1, that of the first image (ViLT code). */
const resizeModalityTable = ({ shape: [rows, width], data }: Table, types: number): Table => {
  const grown = new Float32Array(types * width!);
  grown.set(data.subarray(0, grown.length));
  for (let row = rows!; row < types; row += 1) grown.set(data.subarray(width!, 2 * width!), row * width!);
  return { shape: [types, width!], data: grown };
};

/**
 * Resizes a patch position table [1, 1 + grid², width] to another grid: bilinear, corners aligned (align_corners), as
 * ViLT interpolates it for every image. The row of [CLS] stays.
 */
const resizePatchPositions = ({ shape: [, rows, width], data }: Table, grid: number): Table => {
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

/**
 * Resizes a word position table [words, width]: to more rows by linear interpolation with aligned ends, to fewer by
 * dropping the last ones.
 */
const resizeWordPositions = ({ shape: [rows, width], data }: Table, words: number): Table => {
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
