import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileKernels, moduleText } from '../../../scripts/build-wasm.ts';
import { moduleBytes } from '../web-assembly.ts';
import { writePatches, writePatchesInWebAssembly } from './patches.ts';
import { patchesModule } from './patches.wasm.ts';
import { writePatchesInJavaScript } from './reference.ts';

/** Every byte value, in no simple order. */
const picture = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => Math.imul(i, 97) + (i >> 8)),
});

test('the committed module is what the compiler makes of src/kernels/patches/patches.as.ts', async () => {
  const bytes = await compileKernels('patches');
  expect(moduleBytes(patchesModule)).toEqual(new Uint8Array(bytes));
  expect(readFileSync(new URL('patches.wasm.ts', import.meta.url), 'utf8')).toBe(moduleText('patches', bytes));
});

test.each([
  [512, 384, 32, [...Array(192).keys()], 'all of a picture'],
  [64, 64, 16, [0, 3, 4, 9, 15], 'some of it'],
  [24, 16, 8, [5, 0, 2], 'in no order'],
  [12, 8, 4, [0, 1, 2, 3, 4, 5], 'patches of one step'],
])('WebAssembly and JavaScript agree to the last bit: %i x %i in patches of %i', (width, height, patch, places) => {
  const chosen = Uint32Array.from(places);
  const made = [writePatchesInWebAssembly, writePatchesInJavaScript].map((write) => {
    // one number more, which nobody may touch
    const into = new Float32Array(chosen.length * 3 * patch * patch + 1).fill(9);
    return { into, isWritten: write(picture(width, height), patch, chosen, into) };
  });
  expect(made[0]!.isWritten).toBe(true);
  expect(made[0]!.into).toEqual(made[1]!.into);
  expect(made[0]!.into.at(-1)).toBe(9);
  expect(new Set(made[0]!.into).size).toBeGreaterThan(100);
});

test.each([
  [14, 14, 14, 'no whole four pixels'],
  [16_384, 32, 32, 'a row of patches larger than the memory'],
])('leaves %i x %i in patches of %i to JavaScript: %s', (width, height, patch) => {
  const into = new Float32Array(3 * patch * patch);
  expect(writePatchesInWebAssembly(picture(width, height), patch, Uint32Array.of(0), into)).toBe(false);
  expect(into.every((value) => value === 0)).toBe(true);
  writePatches(picture(width, height), patch, Uint32Array.of(0), into);
  expect(new Set(into).size).toBeGreaterThan(100);
});
