/**
 * Relative error of outputs in int8 against float32, |int8 - float32| / |float32|, with random weights and inputs:
 * `npx tsx bench/int8-error.ts base`. Random weights have no accuracy to lose; what a trained model loses, `dide evaluate
 * --precision int8 --compare` says.
 */
import { compile } from '../src/engine/runtime/compile.ts';
import type { Tensor } from '../src/engine/tensor.ts';
import { imageEncoder, poolTower, textEncoder } from '../src/model/dual-encoder.ts';
import { forward } from '../src/model/forward.ts';
import { inputsFor } from '../src/model/inputs.ts';
import { createParams, initialWeights, type Params } from '../src/model/params.ts';
import { type CaseName, cases, describe, randomFeeds } from './cases.ts';

const size = (process.argv[2] ?? 'base') as CaseName;
const { sizes } = cases[size];
const inputs = inputsFor(sizes);
const outputs: Readonly<Record<string, (p: Params) => Tensor>> = {
  'image encoder': (p) => poolTower(p, 'image', imageEncoder(p, inputs.images[0]!, sizes)),
  'text encoder': (p) => poolTower(p, 'text', textEncoder(p, inputs.text, sizes)),
  'teacher, logits': (p) => forward(describe('vilt', cases[size]), p, inputs).logits,
};
const feeds = randomFeeds(cases[size], 2);
for (const [name, build] of Object.entries(outputs)) {
  const p = createParams();
  const out = build(p);
  const weights = initialWeights(p, { seed: 0 });
  const run = async (weightPrecision: 'float32' | 'int8'): Promise<Float32Array> => {
    await using session = await compile({ out }, { weights, weightPrecision });
    return (await session.run<'out'>(feeds)).out.data;
  };
  const [exact, found] = [await run('float32'), await run('int8')];
  const error = Math.hypot(...found.map((value, i) => value - exact[i]!)) / Math.hypot(...exact);
  console.log(`${size}, ${name}: ${(100 * error).toFixed(2)} %`);
}
