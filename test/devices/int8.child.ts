/** Prints whether products of int8 are exact in both ways, on the processor that this runs on. */
import { isInt8Exact } from '../../src/engine/runtime/exact-int8.ts';
import { createRuntime } from '../../src/engine/runtime/runtime.ts';

const found: Record<string, boolean> = {};
for (const int8 of ['usual', 'exact'] as const)
  found[int8] = await isInt8Exact((model, options) => createRuntime(model, { ...options, int8, kind: 'native' }));
console.log(JSON.stringify(found));
process.exit(0);
