import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileKernels, moduleText } from '../../../scripts/build-wasm.ts';
import { keyOf, normal, uniform } from '../../engine/random.ts';
import { moduleBytes } from '../web-assembly.ts';
import { type Block, hasWebAssembly, javascriptBlock, type Place, webAssemblyBlock } from './adamw.ts';
import { adamwModule } from './adamw.wasm.ts';
import { coefficientsOf } from './reference.ts';

const COUNT = 4096;
const at = (slot: number): number => slot * COUNT * 4;
const place: Place = { weights: at(0), gradients: at(1), first: at(2), second: at(3), count: COUNT };

/** Normal numbers of every size that float32 has, denormals and zeros among them. */
const wild = (name: string): Float32Array => {
  const size = uniform(keyOf(1, name), new Float32Array(COUNT));
  const x = normal(keyOf(2, name), new Float32Array(COUNT));
  return x.map((each, i) => (i % 17 === 0 ? 0 : each * 10 ** (size[i]! * 60 - 44)));
};

/** A block whose four slots hold the same wild numbers every time. */
const filled = (make: (bytes: number) => Block): Block => {
  const block = make(at(4));
  ['weights', 'gradients', 'first', 'second'].forEach((name, slot) => {
    const numbers = name === 'second' ? wild(name).map(Math.abs) : wild(name);
    new Float32Array(block.buffer, at(slot), COUNT).set(numbers);
  });
  return block;
};

const bits = (block: Block): Uint32Array => new Uint32Array(block.buffer, 0, 4 * COUNT);

test('the committed module is what the compiler makes of src/kernels/adamw/adamw.as.ts', async () => {
  const bytes = await compileKernels('adamw');
  expect(moduleBytes(adamwModule)).toEqual(new Uint8Array(bytes));
  expect(readFileSync(new URL('adamw.wasm.ts', import.meta.url), 'utf8')).toBe(moduleText('adamw', bytes));
});

test('this machine runs WebAssembly SIMD', () => {
  expect(hasWebAssembly()).toBe(true);
});

describe('WebAssembly and JavaScript agree to the last bit', () => {
  test.each(['reference', 'torch'] as const)('over many updates in %s order', (order) => {
    const [fast, plain] = [filled(webAssemblyBlock), filled(javascriptBlock)];
    for (let step = 1; step <= 20; step++) {
      const moment = { step, learningRate: 1e-3, gradientScale: step % 2 ? 1 : 0.37, weightDecay: 0.01 };
      for (const block of [fast, plain]) block.update([{ place, coefficients: coefficientsOf(moment, { order }) }]);
    }
    expect(bits(fast)).toEqual(bits(plain));
    expect(bits(fast)).not.toEqual(bits(filled(webAssemblyBlock)));
    const second = new Float32Array(fast.buffer, at(3), COUNT);
    expect(second.some((each) => each > 0 && each < 2 ** -126)).toBe(true);
  });

  test('in the sum of squares', () => {
    const [fast, plain] = [filled(webAssemblyBlock), filled(javascriptBlock)];
    const span = { at: at(1), count: COUNT };
    const [sum] = fast.sumsOfSquares([span]);
    expect(sum).toBeGreaterThan(0);
    expect([sum]).toEqual(plain.sumsOfSquares([span]));
  });

  test('when adding and clearing', () => {
    const [fast, plain] = [filled(webAssemblyBlock), filled(javascriptBlock)];
    const added = wild('gradients');
    const sum = wild('weights').map((each, i) => each + added[i]!);
    for (const block of [fast, plain]) {
      block.add([{ at: at(0), count: COUNT, from: at(1) }]);
      block.zero({ at: at(3), count: 64 });
    }
    expect(bits(fast)).toEqual(bits(plain));
    expect(new Float32Array(fast.buffer, at(3), 64)).toEqual(new Float32Array(64));
    expect(new Float32Array(fast.buffer, at(0), COUNT)).toEqual(sum);
  });
});
