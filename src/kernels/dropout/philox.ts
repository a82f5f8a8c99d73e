/** A stream of random numbers: Philox's key in words 0 and 1, the upper half of its counter in words 2 and 3. */
export type Key = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_2 = 0xcd9e8d57;
const KEY_STEP_0 = 0x9e3779b9 | 0;
const KEY_STEP_1 = 0xbb67ae85 | 0;
const ROUNDS = 10;

/** The upper 32 bits of a · (high · 2^16 + low), in 16-bit halves because a double holds only 53. */
const upper = (a: number, high: number, low: number): number => {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const middle = (Math.imul(a1, low) + (Math.imul(a0, low) >>> 16)) | 0;
  const carry = (Math.imul(a0, high) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, high) + (middle >>> 16) + (carry >>> 16)) | 0;
};

/**
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011): writes the four words at the counter
 * (block, lane, key[2], key[3]) to `out`. One key has 2^32 lanes of 2^32 blocks each.
 */
export const philox = (key: Key, block: number, lane: number, out: Uint32Array): void => {
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  let x0 = block | 0;
  let x1 = lane | 0;
  let x2 = key[2] | 0;
  let x3 = key[3] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = upper(x0, MULTIPLIER_0 >>> 16, MULTIPLIER_0 & 0xffff);
    const high2 = upper(x2, MULTIPLIER_2 >>> 16, MULTIPLIER_2 & 0xffff);
    const low0 = Math.imul(x0, MULTIPLIER_0);
    const low2 = Math.imul(x2, MULTIPLIER_2);
    x0 = high2 ^ x1 ^ k0;
    x1 = low2;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + KEY_STEP_0) | 0;
    k1 = (k1 + KEY_STEP_1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
};
