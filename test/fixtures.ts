import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { countOf, type Numbers } from '../src/engine/numbers.ts';
import { input } from '../src/engine/tensor.ts';
import { type Inputs, inputsFor } from '../src/models/encoded.ts';
import type { Sizes } from '../src/models/sizes.ts';
import { readSafetensors } from '../src/weights/safetensors.ts';

/** Paths below test/parity; its README says what each file holds and how it was made. */
export const parityPath = (path: string): string => fileURLToPath(new URL(`./parity/${path}`, import.meta.url));

export const readFixture = async (path: string): Promise<Map<string, Numbers>> => {
  await using file = await readSafetensors(parityPath(`${path}.safetensors`));
  return await file.readAll();
};

// biome-ignore lint/suspicious/noExplicitAny: a fixture's JSON has no type of ours
export const readJsonFixture = (path: string): any => JSON.parse(readFileSync(parityPath(`${path}.json`), 'utf8'));

/** The sizes of every fixture: deliberately odd, so that no two can be confused. */
export const paritySizes: Sizes = {
  width: 64,
  depth: 3,
  heads: 4,
  hidden: 160,
  epsilon: 1e-12,
  textEpsilon: 1e-12,
  patch: 16,
  grid: 5,
  image: 80,
  vocabulary: 200,
  words: 16,
  types: 2,
};

/** The fixtures have segment ids; our own data never does. */
export const parityInputsOf = (images: 1 | 2): Inputs => {
  const inputs = inputsFor(paritySizes, { images });
  return { ...inputs, text: { ...inputs.text, segments: input('segments', ['batch', 'words'], 'int32') } };
};

export const parityInputs: Inputs = parityInputsOf(1);

const float = (shape: readonly number[], data: ArrayLike<number>): Numbers => ({
  shape,
  data: Float32Array.from(data),
});

/** The fixtures' pixels, masks and ids as the feeds of `parityInputs`, with a given or the canonical patch order. */
export const parityFeeds = (inputs: ReadonlyMap<string, Numbers>, selection?: Numbers): Record<string, Numbers> => {
  const ids = inputs.get('input_ids')!;
  return {
    words: ids,
    word_mask: float(ids.shape, inputs.get('attention_mask')!.data),
    segments: inputs.get('token_type_ids')!,
    ...pictures(inputs.get('pixel_values')!, inputs.get('pixel_mask')!, selection),
  };
};

/** One picture an example, [batch, 3, height, width], or two of them, [batch, 2, 3, height, width]. */
const pictures = (pixels: Numbers, mask: Numbers, selection?: Numbers): Record<string, Numbers> => {
  if (pixels.shape.length === 4) return imageFeeds(pixels, mask, selection);
  const second = Object.entries(imageFeeds(nth(pixels, 1), nth(mask, 1)));
  return {
    ...imageFeeds(nth(pixels, 0), nth(mask, 0)),
    ...Object.fromEntries(second.map(([name, numbers]) => [`${name}_2`, numbers])),
  };
};

/** One of the pictures of every example: [batch, pictures, ...] -> [batch, ...]. */
const nth = ({ shape: [batch, count, ...rest], data }: Numbers, place: number): Numbers => {
  const size = countOf(rest);
  const starts = Array.from({ length: batch! }, (_, b) => (b * count! + place) * size);
  return float(
    [batch!, ...rest],
    starts.flatMap((start) => [...data.subarray(start, start + size)]),
  );
};

const { patch, grid } = paritySizes;

const imageFeeds = (pixels: Numbers, mask: Numbers, selection?: Numbers): Record<string, Numbers> => {
  const [batch, , height, width] = pixels.shape as [number, number, number, number];
  const [rows, columns] = [height / patch, width / patch];
  const extents = Array.from({ length: batch }, (_, b) => validExtent(mask, b, [rows, columns]));
  const chosen = selection ?? canonicalOrder(extents, [rows, columns]);
  const count = chosen.shape[1]!;
  const feeds = {
    patches: float([batch, count, 3 * patch * patch], new Float32Array(batch * count * 3 * patch * patch)),
    patch_mask: float([batch, count], new Float32Array(batch * count)),
    patch_positions: float([batch, count, grid * grid], new Float32Array(batch * count * grid * grid)),
  };
  for (let b = 0; b < batch; b += 1) {
    const [validRows, validColumns] = extents[b]!;
    for (let i = 0; i < count; i += 1) {
      const cell = chosen.data[b * count + i]!;
      const [row, column] = [Math.floor(cell / columns), cell % columns];
      feeds.patches.data.set(patchAt(pixels, b, [row, column]), (b * count + i) * 3 * patch * patch);
      if (row >= validRows || column >= validColumns) continue;
      feeds.patch_mask.data[b * count + i] = 1;
      feeds.patch_positions.data.set(bilinear([row, validRows], [column, validColumns]), (b * count + i) * grid * grid);
    }
  }
  return feeds;
};

const validExtent = (
  mask: Numbers,
  b: number,
  [rows, columns]: readonly [number, number],
): readonly [number, number] => {
  const [, height, width] = mask.shape as [number, number, number];
  const at = (row: number, column: number): number => mask.data[(b * height + row * patch) * width + column * patch]!;
  const sum = (count: number, value: (i: number) => number): number =>
    Array.from({ length: count }, (_, i) => value(i)).reduce((a, c) => a + c);
  return [sum(rows, (row) => at(row, 0)), sum(columns, (column) => at(0, column))];
};

const canonicalOrder = (
  extents: readonly (readonly [number, number])[],
  [rows, columns]: readonly [number, number],
): Numbers => {
  const most = Math.max(...extents.map(([r, c]) => r * c));
  const order = extents.flatMap(([validRows, validColumns]) => {
    const cells = Array.from({ length: rows * columns }, (_, cell) => cell);
    const valid = (cell: number): boolean => Math.floor(cell / columns) < validRows && cell % columns < validColumns;
    return [...cells.filter(valid), ...cells.filter((cell) => !valid(cell))].slice(0, most);
  });
  return { shape: [extents.length, most], data: Int32Array.from(order) };
};

const patchAt = ({ shape, data }: Numbers, b: number, [row, column]: readonly [number, number]): Float32Array => {
  const [, , height, width] = shape as [number, number, number, number];
  return Float32Array.from({ length: 3 * patch * patch }, (_, i) => {
    const [channel, y, x] = [Math.floor(i / patch / patch), Math.floor(i / patch) % patch, i % patch];
    return data[((b * 3 + channel) * height + row * patch + y) * width + column * patch + x]!;
  });
};

const bilinear = (row: readonly [number, number], column: readonly [number, number]): Float32Array => {
  const weights = ([i, out]: readonly [number, number]): number[] => {
    const source = out > 1 ? (i * (grid - 1)) / (out - 1) : 0;
    return Array.from({ length: grid }, (_, cell) => Math.max(0, 1 - Math.abs(cell - source)));
  };
  const [vertical, horizontal] = [weights(row), weights(column)];
  return Float32Array.from(
    { length: grid * grid },
    (_, cell) => vertical[Math.floor(cell / grid)]! * horizontal[cell % grid]!,
  );
};

/** Largest difference over the largest reference entry, as the fixtures' README measures it. */
export const relativeError = (actual: Numbers, expected: Numbers, denominator = 0): number => {
  expect(actual.shape).toEqual(expected.shape);
  let [difference, largest] = [0, denominator];
  for (let i = 0; i < countOf(expected.shape); i += 1) {
    difference = Math.max(difference, Math.abs(actual.data[i]! - expected.data[i]!));
    largest = Math.max(largest, Math.abs(expected.data[i]!));
  }
  return difference / largest;
};
