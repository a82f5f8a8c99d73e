/** Patches in plain JavaScript: the definition, and the fallback where WebAssembly SIMD does not fit. */
import type { Pixels } from '../pixels.ts';

/** 0..255 normalised to -1..1, as `(v / 255 - 0.5) / 0.5` comes out in float32. */
const NORMALISED = Float32Array.from({ length: 256 }, (_, value) => (Math.fround(value / 255) - 0.5) / 0.5);

/** Same as `writePatches` of `patches.ts` to the last bit, several times as slow. */
export const writePatchesInJavaScript = (
  { width, data }: Pixels,
  side: number,
  chosen: Uint32Array,
  into: Float32Array,
): void => {
  const columns = width / side;
  const area = side * side;
  for (const [i, index] of chosen.entries()) {
    const corner = (Math.floor(index / columns) * width + (index % columns)) * side * 3;
    let to = i * 3 * area;
    for (let y = 0; y < side; y += 1) {
      let from = corner + y * width * 3;
      for (let x = 0; x < side; x += 1, from += 3, to += 1) {
        into[to] = NORMALISED[data[from]!]!;
        into[to + area] = NORMALISED[data[from + 1]!]!;
        into[to + 2 * area] = NORMALISED[data[from + 2]!]!;
      }
    }
  }
};
