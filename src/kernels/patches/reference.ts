/** Patches in plain JavaScript: the definition, and the fallback where WebAssembly SIMD does not fit. */
import type { Pixels } from '../pixels.ts';

/** Normalisation of the values of each channel: (v · scale - mean) / deviation. */
export interface Normalization {
  /** Values for red, green and blue. */
  readonly mean: readonly number[];
  /** Values for red, green and blue. */
  readonly deviation: readonly number[];
  /** 1 / 255 makes bytes 0 to 1. */
  readonly scale: number;
}

/** 0..255 normalised to -1..1, as `(v / 255 - 0.5) / 0.5` comes out in float32. */
const NORMALISED = Float32Array.from({ length: 256 }, (_, value) => (Math.fround(value / 255) - 0.5) / 0.5);

/** Number of each value, of each channel. Each step is rounded to float32, as numpy does. */
const tablesOf = ({ mean, deviation, scale }: Normalization): Float32Array[] =>
  [0, 1, 2].map((channel) =>
    Float32Array.from({ length: 256 }, (_, value) => {
      const centred = Math.fround(Math.fround(value * scale) - Math.fround(mean[channel]!));
      return centred / Math.fround(deviation[channel]!);
    }),
  );

/** Same as `writePatches` of `patches.ts` to the last bit, several times as slow. */
export const writePatchesInJavaScript = (
  { width, data }: Pixels,
  side: number,
  chosen: Uint32Array,
  into: Float32Array,
  normalization?: Normalization,
): void => {
  const [red, green, blue] = (normalization ? tablesOf(normalization) : [NORMALISED, NORMALISED, NORMALISED]) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const columns = width / side;
  const area = side * side;
  for (const [i, index] of chosen.entries()) {
    const corner = (Math.floor(index / columns) * width + (index % columns)) * side * 3;
    let to = i * 3 * area;
    for (let y = 0; y < side; y += 1) {
      let from = corner + y * width * 3;
      for (let x = 0; x < side; x += 1, from += 3, to += 1) {
        into[to] = red[data[from]!]!;
        into[to + area] = green[data[from + 1]!]!;
        into[to + 2 * area] = blue[data[from + 2]!]!;
      }
    }
  }
};
