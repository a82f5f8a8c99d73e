import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { callAll } from '../src/engine/parallel-calls.ts';
import { openModule } from '../src/engine/web-assembly.ts';
import { adamwKernels } from '../src/training/adamw-kernels.wasm.ts';

interface Exports {
  readonly add: (to: number, from: number, count: number) => void;
  readonly sumOfSquares: (at: number, count: number) => number;
}

const PIECES = 300;
const COUNT = 1024;

/** Pieces of a memory, piece i full of i. */
const opened = () => {
  const module = openModule<Exports>(adamwKernels, PIECES * COUNT * 4, { shared: true });
  const numbers = new Float32Array(module.buffer, 0, PIECES * COUNT).map((_, i) => Math.floor(i / COUNT));
  new Float32Array(module.buffer).set(numbers);
  return module;
};

const pieces = Array.from({ length: PIECES }, (_, i) => i * COUNT * 4);

test.each([1, 2, 5])('%i threads make every call once, and give back what each returns', (threads) => {
  const module = opened();
  for (let round = 0; round < 20; round += 1) {
    const nothing = callAll(
      module,
      pieces.map((at) => ['add', at, at, COUNT]),
      threads,
    );
    expect([...nothing].every(Number.isNaN)).toBe(true);
    const sums = callAll(
      module,
      pieces.map((at) => ['sumOfSquares', at, COUNT]),
      threads,
    );
    const expected = pieces.map((_, i) => COUNT * (i * 2 ** (round + 1)) ** 2);
    expect([...sums]).toEqual(expected);
  }
});

test('no calls are no work', () => {
  expect(callAll(opened(), [], 2)).toHaveLength(0);
});

test('helpers do not keep a process alive', () => {
  const child = fileURLToPath(new URL('parallel-calls.child.ts', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', child], {
    timeout: 60_000,
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '16\n' });
});
