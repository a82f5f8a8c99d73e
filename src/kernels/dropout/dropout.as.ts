/**
 * Dropout masks in WebAssembly SIMD; AssemblyScript, compiled by scripts/build-wasm.ts.
 *
 * Philox4x32-10 for four counters at once. src/kernels/dropout/reference.ts has the same arithmetic in plain
 * JavaScript, bit for bit.
 */

const MULTIPLIER_0: u32 = 0xd2511f53;
const MULTIPLIER_2: u32 = 0xcd9e8d57;
const KEY_STEP_0: u32 = 0x9e3779b9;
const KEY_STEP_1: u32 = 0xbb67ae85;
const ROUNDS: i32 = 10;
const TWO_TO_MINUS_32: f64 = 1.0 / 4294967296.0;

/** Writes the mask of 16 elements from the 16 bytes of one block. */
function mask16(out: usize, words: v128, byte: v128, kept: v128): void {
  const decided = i8x16.lt_u(words, byte);
  const low = i16x8.extend_low_i8x16_s(decided);
  const high = i16x8.extend_high_i8x16_s(decided);
  v128.store(out, v128.and(i32x4.extend_low_i16x8_s(low), kept));
  v128.store(out, v128.and(i32x4.extend_high_i16x8_s(low), kept), 16);
  v128.store(out, v128.and(i32x4.extend_low_i16x8_s(high), kept), 32);
  v128.store(out, v128.and(i32x4.extend_high_i16x8_s(high), kept), 48);
}

/** Decides those elements of one word whose byte is `byte`, by 32 bits each of the key's lane 1. */
function settle(
  out: usize,
  word: u32,
  number: u32,
  byte: u32,
  chance: f64,
  kept: u32,
  key0: u32,
  key1: u32,
  key2: u32,
  key3: u32,
): void {
  let k0 = key0;
  let k1 = key1;
  let x0 = number;
  let x1: u32 = 1;
  let x2 = key2;
  let x3 = key3;
  for (let round = 0; round < ROUNDS; round++) {
    const product0 = <u64>x0 * <u64>MULTIPLIER_0;
    const product2 = <u64>x2 * <u64>MULTIPLIER_2;
    x0 = <u32>(product2 >> 32) ^ x1 ^ k0;
    x1 = <u32>product2;
    x2 = <u32>(product0 >> 32) ^ x3 ^ k1;
    x3 = <u32>product0;
    k0 += KEY_STEP_0;
    k1 += KEY_STEP_1;
  }
  if ((word & 0xff) === byte) store<u32>(out, <f64>x0 * TWO_TO_MINUS_32 < chance ? kept : 0);
  if (((word >> 8) & 0xff) === byte) store<u32>(out + 4, <f64>x1 * TWO_TO_MINUS_32 < chance ? kept : 0);
  if (((word >> 16) & 0xff) === byte) store<u32>(out + 8, <f64>x2 * TWO_TO_MINUS_32 < chance ? kept : 0);
  if (word >> 24 === byte) store<u32>(out + 12, <f64>x3 * TWO_TO_MINUS_32 < chance ? kept : 0);
}

/** Upper 32 bits of each of the four 64-bit products. */
function upper(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** Writes the mask of `count` elements, a multiple of 64, from the first element of Philox block `block` on. */
export function mask(
  out: usize,
  count: u32,
  block: u32,
  byte: u32,
  chance: f64,
  kept: u32,
  key0: u32,
  key1: u32,
  key2: u32,
  key3: u32,
): void {
  const m0 = i32x4.splat(MULTIPLIER_0);
  const m2 = i32x4.splat(MULTIPLIER_2);
  const bytes = i8x16.splat(<i8>byte);
  const keeps = i32x4.splat(kept);
  const lanes = i32x4(0, 1, 2, 3);
  for (let at: u32 = 0; at < count; at += 64) {
    let k0 = key0;
    let k1 = key1;
    let x0 = i32x4.add(i32x4.splat(block + (at >> 4)), lanes);
    let x1 = i32x4.splat(0);
    let x2 = i32x4.splat(key2);
    let x3 = i32x4.splat(key3);
    for (let round = 0; round < ROUNDS; round++) {
      const high0 = upper(i64x2.extmul_low_i32x4_u(x0, m0), i64x2.extmul_high_i32x4_u(x0, m0));
      const high2 = upper(i64x2.extmul_low_i32x4_u(x2, m2), i64x2.extmul_high_i32x4_u(x2, m2));
      const low0 = i32x4.mul(x0, m0);
      const low2 = i32x4.mul(x2, m2);
      x0 = v128.xor(v128.xor(high2, x1), i32x4.splat(k0));
      x1 = low2;
      x2 = v128.xor(v128.xor(high0, x3), i32x4.splat(k1));
      x3 = low0;
      k0 += KEY_STEP_0;
      k1 += KEY_STEP_1;
    }
    const a = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const c = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
    const d = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    const to = out + ((<usize>at) << 2);
    group(
      to,
      0,
      v128.shuffle<i64>(a, b, 0, 2),
      block + (at >> 4),
      bytes,
      keeps,
      byte,
      chance,
      kept,
      key0,
      key1,
      key2,
      key3,
    );
    group(
      to,
      64,
      v128.shuffle<i64>(a, b, 1, 3),
      block + (at >> 4) + 1,
      bytes,
      keeps,
      byte,
      chance,
      kept,
      key0,
      key1,
      key2,
      key3,
    );
    group(
      to,
      128,
      v128.shuffle<i64>(c, d, 0, 2),
      block + (at >> 4) + 2,
      bytes,
      keeps,
      byte,
      chance,
      kept,
      key0,
      key1,
      key2,
      key3,
    );
    group(
      to,
      192,
      v128.shuffle<i64>(c, d, 1, 3),
      block + (at >> 4) + 3,
      bytes,
      keeps,
      byte,
      chance,
      kept,
      key0,
      key1,
      key2,
      key3,
    );
  }
}

/** Writes one block's 16 elements, those whose bytes leave them undecided included. */
function group(
  to: usize,
  ahead: usize,
  words: v128,
  block: u32,
  bytes: v128,
  keeps: v128,
  byte: u32,
  chance: f64,
  kept: u32,
  key0: u32,
  key1: u32,
  key2: u32,
  key3: u32,
): void {
  const out = to + ahead;
  mask16(out, words, bytes, keeps);
  const open = i8x16.eq(words, bytes);
  if (!v128.any_true(open)) return;
  const hits = i8x16.bitmask(open);
  if (hits & 0xf) settle(out, i32x4.extract_lane(words, 0), 4 * block, byte, chance, kept, key0, key1, key2, key3);
  if (hits & 0xf0)
    settle(out + 16, i32x4.extract_lane(words, 1), 4 * block + 1, byte, chance, kept, key0, key1, key2, key3);
  if (hits & 0xf00)
    settle(out + 32, i32x4.extract_lane(words, 2), 4 * block + 2, byte, chance, kept, key0, key1, key2, key3);
  if (hits & 0xf000)
    settle(out + 48, i32x4.extract_lane(words, 3), 4 * block + 3, byte, chance, kept, key0, key1, key2, key3);
}
