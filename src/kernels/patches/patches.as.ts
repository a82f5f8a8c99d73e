/**
 * Patches of an image as float32 in WebAssembly SIMD; AssemblyScript, compiled by scripts/build-wasm.ts.
 *
 * Pointers are byte offsets into the imported memory. src/kernels/patches/reference.ts has the same arithmetic in
 * plain JavaScript, bit for bit.
 */

/** Four bytes as float32, normalised to -1..1 as `(v / 255 - 0.5) / 0.5`. */
function normalised(bytes: v128): v128 {
  const units = f32x4.div(f32x4.convert_i32x4_s(bytes), f32x4.splat(255));
  return f32x4.mul(f32x4.sub(units, f32x4.splat(0.5)), f32x4.splat(2));
}

/**
 * Writes one patch to `target`, as red, green and blue planes of `side` x `side` float32.
 *
 * Its first byte is at `source`, its rows are `pitch` bytes apart, and `side` is a multiple of 4. Four bytes beyond the
 * last pixel are read.
 */
export function patch(source: usize, pitch: i32, side: i32, target: usize): void {
  const plane = <usize>((side * side) << 2);
  let out = target;
  for (let y = 0; y < side; y++) {
    let at = source + <usize>(y * pitch);
    const end = at + <usize>(side * 3);
    while (at < end) {
      const pixels = v128.load(at);
      // bytes 0, 3, 6 and 9 are the reds of four pixels, each the lowest byte of a lane
      const red = i8x16.swizzle(pixels, i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1));
      const green = i8x16.swizzle(pixels, i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1));
      const blue = i8x16.swizzle(pixels, i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1));
      v128.store(out, normalised(red));
      v128.store(out + plane, normalised(green));
      v128.store(out + 2 * plane, normalised(blue));
      at += 12;
      out += 16;
    }
  }
}
