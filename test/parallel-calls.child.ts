/** A process that has had help from a thread and then has nothing left to do. */

import { callAll } from '../src/engine/parallel-calls.ts';
import { openModule } from '../src/engine/web-assembly.ts';
import { adamwKernels } from '../src/training/adamw-kernels.wasm.ts';

const module = openModule<{ readonly sumOfSquares: (at: number, count: number) => number }>(adamwKernels, 64, {
  shared: true,
});
new Float32Array(module.buffer).fill(1);
const calls = Array.from({ length: 100 }, () => ['sumOfSquares', 0, 16] as const);
console.log([...new Set(callAll(module, calls, 2))].join());
