import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { collate } from '../../src/data/batch.ts';
import { readImage } from '../../src/data/image.ts';
import type { Pixels } from '../../src/kernels/pixels.ts';
import { resize } from '../../src/kernels/resize/resize.ts';
import { cutPatches, positionWeights } from '../../src/data/patches.fixture.ts';
import { choosePatches } from '../../src/data/patches.ts';
import { resizedSize } from '../../src/data/resize.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { bertVocabulary } from '../../src/data/vocabulary-file.ts';
import type { Numbers } from '../../src/engine/numbers.ts';
import { parityPath, readFixture, readJsonFixture } from '../fixtures/parity.ts';

type Fixture = Map<string, Numbers>;

describe('words are those of BertTokenizer (transformers 4.57.6, do_lower_case)', () => {
  it('for English, for every script and for strings of random code points', async () => {
    const tokenizer = createTokenizer(await bertVocabulary());
    const cases: [string, number[]][] = readJsonFixture('words/bert-uncased');
    const ids = ([text]: [string, number[]]) => [text, [...tokenizer.encode(text, { limit: 1e6 }).ids.slice(1, -1)]];
    expect(cases.map(ids)).toEqual(cases);
    expect(cases.length).toBeGreaterThan(400);
  });
});

describe("images are those of Pillow's convert('RGB')", () => {
  const expected: Record<string, { mode: string; width: number; height: number; sha256: string }> =
    readJsonFixture('images/rgb');

  it.each(Object.entries(expected))('%s, byte for byte', async (file, { width, height, sha256 }) => {
    const pixels = await readImage(parityPath(`images/${file}`));
    expect([pixels.width, pixels.height]).toEqual([width, height]);
    expect(createHash('sha256').update(pixels.data).digest('hex')).toBe(sha256);
  });

  it('16-bit grey is clipped at 255, and shown it keeps its high byte', async () => {
    const path = parityPath('images/gray16.png');
    const { width, data } = await readImage(path);
    const { data: shown } = await readImage(path, { pictures: 'as-shown' });
    const deepAt = (x: number, y: number): number => (y * 1300 + x * 700) % 65536;
    for (const [x, y] of [
      [0, 0],
      [10, 20],
      [52, 36],
      [30, 5],
    ] as const) {
      const at = (y * width + x) * 3;
      expect([...data.subarray(at, at + 3)]).toEqual(Array(3).fill(Math.min(255, deepAt(x, y))));
      expect([...shown.subarray(at, at + 3)]).toEqual(Array(3).fill(deepAt(x, y) >> 8));
    }
  });
});

describe('preprocessing is that of ViLT', () => {
  it('in every size', () => {
    const cases: { height: number; width: number; shortest_edge: number; longer: number; out: [number, number] }[] =
      readJsonFixture('preprocess/sizes');
    for (const { height, width, shortest_edge, longer, out } of cases) {
      const size = resizedSize({ width, height }, { shortest: shortest_edge, multiple: 32 });
      // Where the reference comes out with a side of 0, one patch is kept.
      const zero = out.includes(0);
      expect(size).toEqual({ height: out[0] || 32, width: out[1] || 32, clamped: zero });
      expect(resizedSize({ width, height }, { shortest: shortest_edge, longest: longer, multiple: 32 })).toEqual(size);
    }
    expect(cases.length).toBe(42);
  });

  it('in every pixel of a resized image, and to 1e-7 in the values of its patches', async () => {
    const fixture = await readFixture('preprocess/images');
    for (const [i, image] of ['image0', 'image1', 'image2', 'image3'].entries()) {
      const pixels = pixelsOf(fixture.get(image)!);
      const { width, height } = resizedSize(pixels, { shortest: 32, multiple: 16 });
      const resized = resize(pixels, width, height);
      const expected = plane(fixture.get('pixel_values')!, i, resized);
      expect([...resized.data]).toEqual(expected.map((value) => Math.round((value * 0.5 + 0.5) * 255)));
      expect(largestDifference(patchesOf(expected, resized), cutPatches(resized, 16).patches)).toBeLessThan(1e-7);
    }
  });
});

const pixelsOf = ({ shape, data }: Numbers): Pixels => ({
  height: shape[0]!,
  width: shape[1]!,
  data: Uint8Array.from(data),
});

/** Image `i` of `[B, 3, H, W]`, cut to its size and with the channel last. */
const plane = ({ shape, data }: Numbers, i: number, { width, height }: Pixels): number[] =>
  Array.from({ length: height * width * 3 }, (_, at) => {
    const [channel, x, y] = [at % 3, Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    return data[((i * 3 + channel) * shape[2]! + y) * shape[3]! + x]!;
  });

const patchesOf = (values: readonly number[], { width, height }: Pixels): number[] =>
  Array.from({ length: values.length }, (_, at) => {
    const [place, within] = [Math.floor(at / 768), at % 768];
    const [channel, y, x] = [Math.floor(within / 256), Math.floor(within / 16) % 16, within % 16];
    const [row, column] = [Math.floor(place / (width / 16)), place % (width / 16)];
    expect(row).toBeLessThan(height / 16);
    return values[((row * 16 + y) * width + column * 16 + x) * 3 + channel]!;
  });

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

/** weights [n, cells] · table [cells, width] */
const product = (weights: ArrayLike<number>, table: ArrayLike<number>, cells: number): number[] => {
  const width = table.length / cells;
  return Array.from({ length: (weights.length / cells) * width }, (_, at) => {
    const [row, channel] = [Math.floor(at / width), at % width];
    let sum = 0;
    for (let cell = 0; cell < cells; cell += 1) sum += weights[row * cells + cell]! * table[cell * width + channel]!;
    return sum;
  });
};

describe('positions and the choice of patches are those of ViltModel', () => {
  let outputs: Fixture;
  let table: number[];
  /** Valid rows and columns of the four images, 64x32, 32x96, 16x80 and 41x70, in patches of 16. */
  const grids = [
    [4, 2],
    [2, 6],
    [1, 5],
    [3, 5],
  ] as const;

  beforeAll(async () => {
    outputs = await readFixture('embed/outputs');
    const model = await readFixture('hf/base/model');
    table = [...model.get('embeddings.position_embeddings')!.data].slice(64);
  });

  it.each(['1x1', '1x7', '2x9', '3x4', '4x6', '5x5', '7x1', '12x20'])('a 5 x 5 table resized to %s', async (size) => {
    const fixture = await readFixture('embed/position_interpolation');
    const [rows, columns] = size.split('x').map(Number) as [number, number];
    const resized = product(positionWeights(rows, columns, 5), fixture.get('table')!.data, 25);
    expect(largestDifference(resized, fixture.get(size)!.data)).toBeLessThan(1e-6);
  });

  it.each([
    ['all', undefined],
    ['max9', 9],
  ] as const)('%s: places, mask and positions in a batch', (name, maxPatches) => {
    const images = grids.map(([rows, columns]) => ({ rows, columns, pixels: black(columns * 16, rows * 16) }));
    const encoded = images.map((image, i) => ({ id: `${i}`, words: Int32Array.of(101, 102), images: [image] }));
    const feeds = collate(encoded, { patch: 16, grid: 5, ...(maxPatches === undefined ? {} : { maxPatches }) });
    const mask = outputs.get(`${name}.mask`)!;
    const count = mask.shape[1]! - 1;
    expect(feeds.patch_mask!.shape).toEqual([4, count]);
    expect([...feeds.patch_mask!.data]).toEqual([...mask.data].filter((_, i) => i % (count + 1) > 0));
    const positions = product(feeds.patch_positions!.data, table, 25);
    expect(largestDifference(positions, outputs.get(`${name}.positions`)!.data)).toBeLessThan(1e-6);
    for (const [b, [rows, columns]] of grids.entries()) {
      const places = [...choosePatches(rows * columns, maxPatches)].map(
        (p) => Math.floor(p / columns) * 6 + (p % columns),
      );
      const selected = [...outputs.get(`${name}.select`)!.data].slice(b * count, (b + 1) * count);
      expect(selected.slice(0, places.length)).toEqual(places);
    }
  });

  it('sampled: the positions of every drawn patch, whatever the order', () => {
    const select = outputs.get('sampled.select')!;
    const expected = outputs.get('sampled.positions')!;
    for (const [b, [rows, columns]] of grids.entries()) {
      const weights = positionWeights(rows, columns, 5);
      for (let i = 0; i < rows * columns; i += 1) {
        const cell = select.data[b * 15 + i]!;
        const place = Math.floor(cell / 6) * columns + (cell % 6);
        const mine = product(weights.subarray(place * 25, place * 25 + 25), table, 25);
        const start = (b * 15 + i) * 64;
        expect(largestDifference(mine, expected.data.slice(start, start + 64))).toBeLessThan(1e-6);
      }
    }
  });
});

const black = (width: number, height: number): Pixels => ({ width, height, data: new Uint8Array(width * height * 3) });
