/**
 * The two passes of a picture's resize in WebAssembly SIMD; AssemblyScript, compiled by scripts/build-wasm.ts.
 *
 * Pointers are byte offsets into the imported memory. `start`, `count` and `weights` are a kernel's int32 tables: what
 * each output place takes from the input. src/data/resize.ts is the same arithmetic in plain JavaScript, bit for bit.
 */

const PRECISION: i32 = 22;
const HALF: i32 = 1 << 21;

/** Four int32 sums with the fraction cut off, brought to 0..255, as the lowest four bytes. */
function toBytes(sums: v128): v128 {
  const words = i16x8.narrow_i32x4_s(i32x4.shr_s(sums, PRECISION), i32x4.splat(0));
  return i8x16.narrow_i16x8_u(words, words);
}

/**
 * Along the rows: `lines` rows of `from` pixels become rows of `to`. Eight bytes beyond the last row are read.
 *
 * Two neighbours at a time: `count` is of such pairs, and a pair's weights are four int16, their lower 11 bits and what
 * is above, so that one instruction multiplies and adds both of all three channels.
 */
export function rows(
  source: usize,
  target: usize,
  lines: i32,
  from: i32,
  to: i32,
  start: usize,
  count: usize,
  weights: usize,
  stride: i32,
): void {
  for (let line = 0; line < lines; line++) {
    const row = source + <usize>(line * from * 3);
    let out = target + <usize>(line * to * 3);
    for (let i = 0; i < to; i++) {
      let at = row + <usize>(load<i32>(start + ((<usize>i) << 2)) * 3);
      let weight = weights + ((<usize>(i * stride)) << 3);
      const end = weight + ((<usize>load<i32>(count + ((<usize>i) << 2))) << 3);
      let low = i32x4.splat(0);
      let high = low;
      while (weight < end) {
        const none = i8x16.splat(0);
        const bytes = v128.load64_zero(at);
        const pixels = i8x16.shuffle(bytes, none, 0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16);
        low = i32x4.add(low, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weight)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weight, 4)));
        at += 6;
        weight += 8;
      }
      const sums = i32x4.add(i32x4.add(i32x4.shl(high, 11), low), i32x4.splat(HALF));
      const bytes = i32x4.extract_lane(toBytes(sums), 0);
      store<u16>(out, <u16>bytes);
      store<u8>(out + 2, <u8>(bytes >> 16));
      out += 3;
    }
  }
}

/**
 * Along the columns: output rows `first` to `last` of `bytes` bytes each, a multiple of 16; source rows begin with
 * number `offset`.
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
    const begin = weights + ((<usize>(i * stride)) << 2);
    const end = begin + ((<usize>load<i32>(count + ((<usize>i) << 2))) << 2);
    for (let x = 0; x < bytes; x += 16) {
      let at = row + <usize>x;
      let a = i32x4.splat(HALF);
      let b = a;
      let c = a;
      let d = a;
      for (let weight = begin; weight < end; weight += 4) {
        const pixels = v128.load(at);
        const share = v128.load32_splat(weight);
        const low = i16x8.extend_low_i8x16_u(pixels);
        const high = i16x8.extend_high_i8x16_u(pixels);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), share));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), share));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), share));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), share));
        at += <usize>bytes;
      }
      const ab = i16x8.narrow_i32x4_s(i32x4.shr_s(a, PRECISION), i32x4.shr_s(b, PRECISION));
      const cd = i16x8.narrow_i32x4_s(i32x4.shr_s(c, PRECISION), i32x4.shr_s(d, PRECISION));
      v128.store(out, i8x16.narrow_i16x8_u(ab, cd));
      out += 16;
    }
  }
}
