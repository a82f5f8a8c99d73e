/**
 * Bicubic resize in WebAssembly SIMD; AssemblyScript, compiled by scripts/build-wasm.ts. Columns are one pass; rows are
 * the same pass over the transposed image, since sixteen lines side by side fill a register, and a pixel does not.
 *
 * Pointers are byte offsets into the imported memory. `start`, `count` and `weights` are int32 tables that resize.ts
 * makes of a kernel. src/kernels/resize/reference.ts has the same arithmetic in plain JavaScript, bit for bit.
 */

const PRECISION: i32 = 22;
const HALF: i32 = 1 << 21;
/** Bits of the low part of a weight. */
const LOW_BITS: i32 = 11;

/** Interleaves the first eight bytes of two registers. */
function low(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** Interleaves the last eight bytes of two registers. */
function high(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/**
 * Half of the transposition of 16 x 16 bytes: two of its four rounds, each of which interleaves every row with the one
 * 8 below it. Calling it twice transposes.
 */
function interleave(source: usize, pitch: usize, target: usize, step: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    const from = source + i * pitch;
    const a = v128.load(from);
    const b = v128.load(from + 4 * pitch);
    const c = v128.load(from + 8 * pitch);
    const d = v128.load(from + 12 * pitch);
    const acLow = low(a, c);
    const acHigh = high(a, c);
    const bdLow = low(b, d);
    const bdHigh = high(b, d);
    const to = target + 4 * i * step;
    v128.store(to, low(acLow, bdLow));
    v128.store(to + step, high(acLow, bdLow));
    v128.store(to + 2 * step, low(acHigh, bdHigh));
    v128.store(to + 3 * step, high(acHigh, bdHigh));
  }
}

/** Transposes `height` rows of `width` bytes, both multiples of 16. `block` is 256 bytes of scratch memory. */
export function transpose(source: usize, target: usize, height: i32, width: i32, block: usize): void {
  for (let y = 0; y < height; y += 16) {
    for (let x = 0; x < width; x += 16) {
      interleave(source + <usize>(y * width + x), width, block, 16);
      interleave(block, 16, target + <usize>(x * height + y), height);
    }
  }
}

/**
 * Resizes along the columns: writes output rows `first` to `last`, each of `bytes` bytes, a multiple of 16. The first
 * row at `source` is input row `offset`.
 *
 * Input rows are taken in pairs, `count` of them for each output row; one more row than a kernel has is read where that
 * is odd, with weight 0. A pair has two numbers in `weights`: the high parts of its two weights, each of 16 bits, and
 * the low parts, so that weight = high · 2^11 + low. Products of 16 bits are summed in pairs by one instruction.
 */
export function columns(
  source: usize,
  target: usize,
  bytes: i32,
  offset: i32,
  first: i32,
  last: i32,
  start: usize,
  count: usize,
  weights: usize,
  stride: i32,
): void {
  let out = target;
  for (let i = first; i < last; i++) {
    const row = source + <usize>((load<i32>(start + ((<usize>i) << 2)) - offset) * bytes);
    const begin = weights + ((<usize>(i * stride)) << 3);
    const end = begin + ((<usize>load<i32>(count + ((<usize>i) << 2))) << 3);
    for (let x = 0; x < bytes; x += 16) {
      let at = row + <usize>x;
      let highA = i32x4.splat(0);
      let highB = highA;
      let highC = highA;
      let highD = highA;
      let lowA = i32x4.splat(HALF);
      let lowB = lowA;
      let lowC = lowA;
      let lowD = lowA;
      for (let pair = begin; pair < end; pair += 8) {
        const upper = v128.load(at);
        const lower = v128.load(at + <usize>bytes);
        const left = low(upper, lower);
        const right = high(upper, lower);
        const a = i16x8.extend_low_i8x16_u(left);
        const b = i16x8.extend_high_i8x16_u(left);
        const c = i16x8.extend_low_i8x16_u(right);
        const d = i16x8.extend_high_i8x16_u(right);
        const highs = v128.load32_splat(pair);
        const lows = v128.load32_splat(pair + 4);
        highA = i32x4.add(highA, i32x4.dot_i16x8_s(a, highs));
        highB = i32x4.add(highB, i32x4.dot_i16x8_s(b, highs));
        highC = i32x4.add(highC, i32x4.dot_i16x8_s(c, highs));
        highD = i32x4.add(highD, i32x4.dot_i16x8_s(d, highs));
        lowA = i32x4.add(lowA, i32x4.dot_i16x8_s(a, lows));
        lowB = i32x4.add(lowB, i32x4.dot_i16x8_s(b, lows));
        lowC = i32x4.add(lowC, i32x4.dot_i16x8_s(c, lows));
        lowD = i32x4.add(lowD, i32x4.dot_i16x8_s(d, lows));
        at += (<usize>bytes) << 1;
      }
      const ab = i16x8.narrow_i32x4_s(rounded(highA, lowA), rounded(highB, lowB));
      const cd = i16x8.narrow_i32x4_s(rounded(highC, lowC), rounded(highD, lowD));
      v128.store(out, i8x16.narrow_i16x8_u(ab, cd));
      out += 16;
    }
  }
}

/** A sum of products from those with the high and with the low parts of the weights, without its fraction. */
function rounded(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.shl(high, LOW_BITS), low), PRECISION);
}
