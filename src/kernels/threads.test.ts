import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adamwModule } from './adamw/adamw.wasm.ts';
import { createThreadPool } from './threads.ts';
import { openModule } from './web-assembly.ts';

interface Exports {
  readonly add: (to: number, from: number, count: number) => void;
  readonly sumOfSquares: (at: number, count: number) => number;
}

const PIECES = 300;
const COUNT = 1024;

/** Pieces of a memory, piece i full of i. */
const opened = () => {
  const module = openModule<Exports>(adamwModule, PIECES * COUNT * 4, { shared: true });
  const numbers = new Float32Array(module.buffer, 0, PIECES * COUNT).map((_, i) => Math.floor(i / COUNT));
  new Float32Array(module.buffer).set(numbers);
  return module;
};

const pieces = Array.from({ length: PIECES }, (_, i) => i * COUNT * 4);

test.each([1, 2, 5])('%i threads make every call once, and give back what each returns', (threads) => {
  const [module, team] = [opened(), createThreadPool(threads)];
  for (let round = 0; round < 20; round += 1) {
    const nothing = team.callAll(
      module,
      pieces.map((at) => ['add', at, at, COUNT]),
    );
    expect([...nothing].every(Number.isNaN)).toBe(true);
    const sums = team.callAll(
      module,
      pieces.map((at) => ['sumOfSquares', at, COUNT]),
    );
    const expected = pieces.map((_, i) => COUNT * (i * 2 ** (round + 1)) ** 2);
    expect([...sums]).toEqual(expected);
  }
});

test('no calls are no work', () => {
  expect(createThreadPool(2).callAll(opened(), [])).toHaveLength(0);
});

const child = (flag: 'exits' | 'forgets') =>
  spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', fileURLToPath(new URL('threads-child.fixture.ts', import.meta.url)), flag],
    { timeout: 60_000, encoding: 'utf8' },
  );

test('helpers do not keep a process alive', () => {
  const { status, stdout } = child('exits');
  expect({ status, stdout }).toEqual({ status: 0, stdout: '16777216\n' });
});

test('a team that nobody holds lets go of the memory that it worked on', () => {
  const { status, stdout } = child('forgets');
  expect(status).toBe(0);
  // ten times 64 MiB, of which two may not have been noticed yet
  expect(Number(stdout)).toBeLessThan(3 * 64);
});
