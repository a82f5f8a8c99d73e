import type { Pixels } from '../kernels/pixels.ts';
import { affine, rotation } from './affine.ts';

/** Draws numbers in [0, 1). */
type Random = () => number;

/** An operation on an image; `level` is its strength, in the operation's own unit. */
type Augmentation = (pixels: Pixels, level: number, random: Random) => Pixels;

/** The levels of each operation at magnitudes 0 and 30. */
const RANGES = {
  autoContrast: [0, 1],
  equalize: [0, 1],
  rotate: [0, 30],
  posterize: [0, 4],
  solarize: [0, 256],
  solarizeAdd: [0, 110],
  color: [0.1, 1.9],
  contrast: [0.1, 1.9],
  brightness: [0.1, 1.9],
  sharpness: [0.1, 1.9],
  shearX: [0, 0.3],
  shearY: [0, 0.3],
  translateX: [0, 100],
  translateY: [0, 100],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

/** Name of an operation of RandAugment. */
export type AugmentationName = keyof typeof RANGES;

/** The highest magnitude. */
const MOST = 30;

/**
 * RandAugment (Cubuk et al. 2020) as the ViLT code uses it to fine-tune, before an image is resized: `count` of
 * fourteen operations, drawn with replacement, each at `magnitude` of 30. Rotations, shears and shifts have a random
 * sign; the others have none, so colour, contrast, brightness and sharpness always become less (0.64 at magnitude 9).
 *
 * Equal random numbers give equal images, bit for bit those of Pillow.
 */
export const randAugment = (
  pixels: Pixels,
  random: Random,
  { count = 2, magnitude = 9 }: { readonly count?: number | undefined; readonly magnitude?: number | undefined } = {},
): Pixels => {
  const names = Object.keys(RANGES) as AugmentationName[];
  // all operations are drawn before any sign, as in the ViLT code
  const drawn = Array.from({ length: count }, () => names[Math.floor(random() * names.length)]!);
  return drawn.reduce((picture, name) => augmentations[name](picture, levelOf(name, magnitude), random), pixels);
};

/** The level of an operation at a magnitude between 0 and 30. */
export const levelOf = (name: AugmentationName, magnitude: number): number => {
  const [least, most] = RANGES[name];
  return (magnitude / MOST) * (most - least) + least;
};

const signed = (level: number, random: Random): number => (random() > 0.5 ? -level : level);

/** Maps each value by a table: one for all channels, or one each. */
const mapped = ({ width, height, data }: Pixels, tables: readonly (readonly number[])[]): Pixels => ({
  width,
  height,
  data: data.map((value, i) => tables[(i % 3) % tables.length]![value]!),
});

const table = (value: (i: number) => number): number[] => Array.from({ length: 256 }, (_, i) => value(i));

const clipped = (value: number): number => Math.min(255, Math.max(0, Math.trunc(value)));

/** Histogram of each channel. */
const histograms = ({ data }: Pixels): number[][] => {
  const counts = [0, 1, 2].map(() => table(() => 0));
  for (const [i, value] of data.entries()) counts[i % 3]![value]! += 1;
  return counts;
};

const autoContrast: Augmentation = (pixels) =>
  mapped(
    pixels,
    histograms(pixels).map((counts) => {
      const [low, high] = [counts.findIndex(Boolean), counts.findLastIndex(Boolean)];
      const scale = 255 / (high - low);
      return table((i) => (high <= low ? i : clipped(i * scale - low * scale)));
    }),
  );

const equalize: Augmentation = (pixels) => mapped(pixels, histograms(pixels).map(equalized));

const equalized = (counts: readonly number[]): number[] => {
  const total = counts.reduce((sum, count) => sum + count);
  const step = Math.floor((total - (counts.findLast(Boolean) ?? 0)) / 255);
  if (step === 0) return table((i) => i);
  let seen = Math.floor(step / 2);
  return counts.map((count) => {
    const value = Math.floor(seen / step);
    seen += count;
    return clipped(value);
  });
};

const solarized = (threshold: number) => (i: number) => (i < threshold ? i : 255 - i);

/** Blends two images, `alpha` of the second, in 32-bit floats, truncated and not rounded. */
const blend = (from: Uint8Array, to: Pixels, alpha: number): Pixels => {
  const weight = Math.fround(alpha);
  const mix = (value: number, i: number): number =>
    clipped(Math.fround(from[i]! + Math.fround(weight * (value - from[i]!))));
  return { ...to, data: to.data.map(mix) };
};

/** Luma as Pillow's `convert('L')`. [pixels] */
const greys = ({ data }: Pixels): Uint8Array =>
  Uint8Array.from(
    { length: data.length / 3 },
    (_, i) => (data[3 * i]! * 19595 + data[3 * i + 1]! * 38470 + data[3 * i + 2]! * 7471 + 0x8000) >> 16,
  );

/** Pillow's SMOOTH filter: a 3 x 3 mean in which the centre counts five times; the border stays as it is. */
const smoothed = ({ width, height, data }: Pixels): Uint8Array => {
  const smooth = data.slice();
  const row = 3 * width;
  for (let y = 1; y < height - 1; y += 1) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i += 1) {
      let sum = 4 * data[i]!;
      for (const line of [i - row, i, i + row]) sum += data[line - 3]! + data[line]! + data[line + 3]!;
      smooth[i] = Math.floor(sum / 13 + 0.5);
    }
  }
  return smooth;
};

const contrast: Augmentation = (pixels, level) => {
  const grey = greys(pixels);
  const mean = Math.trunc(grey.reduce((sum, value) => sum + value, 0) / grey.length + 0.5);
  return blend(new Uint8Array(pixels.data.length).fill(mean), pixels, level);
};

const color: Augmentation = (pixels, level) => {
  const grey = greys(pixels);
  return blend(
    pixels.data.map((_, i) => grey[Math.floor(i / 3)]!),
    pixels,
    level,
  );
};

/** The operations by name. Levels are degrees, bits, values, ratios or pixels. */
export const augmentations: Readonly<Record<AugmentationName, Augmentation>> = {
  autoContrast,
  equalize,
  rotate: (pixels, degrees, random) => affine(pixels, rotation(pixels, signed(degrees, random))),
  posterize: (pixels, bits) => {
    const mask = 256 - 2 ** (8 - Math.max(1, Math.trunc(bits)));
    return mapped(pixels, [table((i) => i & mask)]);
  },
  solarize: (pixels, threshold) => mapped(pixels, [table(solarized(threshold))]),
  solarizeAdd: (pixels, added) => mapped(pixels, [table((i) => solarized(128)(clipped(i + added)))]),
  color,
  contrast,
  brightness: (pixels, level) => blend(new Uint8Array(pixels.data.length), pixels, level),
  sharpness: (pixels, level) => blend(smoothed(pixels), pixels, level),
  shearX: (pixels, ratio, random) => affine(pixels, [1, signed(ratio, random), 0, 0, 1, 0]),
  shearY: (pixels, ratio, random) => affine(pixels, [1, 0, 0, signed(ratio, random), 1, 0]),
  translateX: (pixels, by, random) => affine(pixels, [1, 0, signed(by, random), 0, 1, 0]),
  translateY: (pixels, by, random) => affine(pixels, [1, 0, 0, 0, 1, signed(by, random)]),
};
