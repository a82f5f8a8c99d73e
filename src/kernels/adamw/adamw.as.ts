/**
 * AdamW in WebAssembly SIMD; AssemblyScript, compiled by scripts/build-wasm.ts.
 *
 * Every pointer is a byte offset into the imported memory and a multiple of 64; every count is a number of float32 and
 * a multiple of 16, so there is no tail: the caller pads with zeros. src/kernels/adamw/reference.ts has the same
 * arithmetic in plain JavaScript, bit for bit.
 */

/** Updates four parameters; `updateAdamW` in src/kernels/adamw/reference.ts has the equations. */
function updateFour(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  scale: v128,
  beta1: v128,
  rest1: v128,
  beta2: v128,
  rest2: v128,
  root: v128,
  epsilon: v128,
  rate: v128,
  before: v128,
  after: v128,
): void {
  const gradient = f32x4.mul(v128.load(g), scale);
  const first = f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(rest1, gradient));
  const second = f32x4.add(f32x4.mul(beta2, v128.load(v)), f32x4.mul(rest2, f32x4.mul(gradient, gradient)));
  const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(second), root), epsilon);
  const old = v128.load(p);
  const decayed = f32x4.sub(old, f32x4.mul(before, old));
  const moved = f32x4.sub(decayed, f32x4.mul(rate, f32x4.div(first, denominator)));
  v128.store(m, first);
  v128.store(v, second);
  v128.store(p, f32x4.sub(moved, f32x4.mul(after, moved)));
}

/** Updates `count` parameters in place. */
export function adamw(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  count: usize,
  scale: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  root: f32,
  epsilon: f32,
  rate: f32,
  before: f32,
  after: f32,
): void {
  const s = f32x4.splat(scale);
  const b1 = f32x4.splat(beta1);
  const r1 = f32x4.splat(rest1);
  const b2 = f32x4.splat(beta2);
  const r2 = f32x4.splat(rest2);
  const ro = f32x4.splat(root);
  const e = f32x4.splat(epsilon);
  const ra = f32x4.splat(rate);
  const be = f32x4.splat(before);
  const af = f32x4.splat(after);
  const bytes = count << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    updateFour(p + at, g + at, m + at, v + at, s, b1, r1, b2, r2, ro, e, ra, be, af);
    const next = at + 16;
    updateFour(p + next, g + next, m + next, v + next, s, b1, r1, b2, r2, ro, e, ra, be, af);
  }
}

/** Squares of the two float32 in the low half of `x`, as float64. */
function squares(x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.mul(wide, wide);
}

/** The two float32 in the high half of `x`, moved to the low half. */
function high(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 1);
}

/** Sum of squares in float64: eight running sums, element i to sum i mod 8. */
export function sumOfSquares(from: usize, count: usize): f64 {
  let s01 = f64x2.splat(0);
  let s23 = f64x2.splat(0);
  let s45 = f64x2.splat(0);
  let s67 = f64x2.splat(0);
  const end = from + (count << 2);
  for (let at = from; at < end; at += 32) {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    s01 = f64x2.add(s01, squares(x));
    s23 = f64x2.add(s23, squares(high(x)));
    s45 = f64x2.add(s45, squares(y));
    s67 = f64x2.add(s67, squares(high(y)));
  }
  const sum = f64x2.add(f64x2.add(s01, s23), f64x2.add(s45, s67));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Computes to += from. */
export function add(to: usize, from: usize, count: usize): void {
  const bytes = count << 2;
  for (let at: usize = 0; at < bytes; at += 64) {
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    v128.store(to + at, f32x4.add(v128.load(to + at, 16), v128.load(from + at, 16)), 16);
    v128.store(to + at, f32x4.add(v128.load(to + at, 32), v128.load(from + at, 32)), 32);
    v128.store(to + at, f32x4.add(v128.load(to + at, 48), v128.load(from + at, 48)), 48);
  }
}

/** Writes zeros. */
export function zero(to: usize, count: usize): void {
  memory.fill(to, 0, count << 2);
}
