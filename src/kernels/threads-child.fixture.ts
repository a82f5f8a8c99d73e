/**
 * A process that has had help from a thread: once, and then has nothing left to do; or again and again, on other
 * memory.
 */

import { adamwModule } from './adamw/adamw.wasm.ts';
import { createThreadPool } from './threads.ts';
import { openModule } from './web-assembly.ts';

const BYTES = 64 * 2 ** 20;

/** Work on memory of its own, all of it touched: the sum of so many ones. */
const worked = (): number => {
  const module = openModule<{ readonly sumOfSquares: (at: number, count: number) => number }>(adamwModule, BYTES, {
    shared: true,
  });
  new Float32Array(module.buffer).fill(1);
  const pieces = Array.from({ length: 256 }, (_, i) => ['sumOfSquares', (i * BYTES) / 256, BYTES / 1024] as const);
  return createThreadPool(2)
    .callAll(module, pieces)
    .reduce((a, b) => a + b);
};

const mebibytes = (): number => process.memoryUsage().rss / 2 ** 20;

if (process.argv[2] === 'exits') console.log(worked());
else {
  const before = mebibytes();
  for (let round = 0; round < 10; round += 1) {
    worked();
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log(mebibytes() - before);
}
