import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { ancestors } from '../../src/engine/tensor.ts';
import { fromHuggingFace, toHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { readFixture, readJsonFixture, relativeError } from '../fixtures/parity.ts';
import * as pretraining from './pretraining-symbols.ts';
import * as vqa from './symbols.ts';

type Symbols = typeof vqa | typeof pretraining;

/** The gradient of a loss for every parameter of the student that has a part in it. */
const gradientsOf = async (name: string, { p, losses, fixtures }: Symbols): Promise<Weights> => {
  const { student, teacher, feeds } = await fixtures();
  const loss = losses()[name]!;
  const graph = new Set(ancestors([loss]));
  const wanted = new Map(
    [...p.declared]
      .filter(([name, { tensor }]) => student.has(name) && graph.has(tensor))
      .map(([name, { tensor }]) => [tensor, name]),
  );
  const outputs = Object.fromEntries(
    [...gradients(loss, new Set(wanted.keys()))].map(([tensor, g]) => [`gradient ${wanted.get(tensor)}`, g]),
  );
  await using session = await compile(outputs, { parameters: new Map([...student, ...teacher]), threads: 1 });
  const found = Object.entries(await session.run(feeds));
  return new Map(found.map(([output, g]) => [output.slice('gradient '.length), g])) as Weights;
};

/** ‖g‖ and Σ g p of a parameter. */
const normAndProduct = (gradient: Numbers, parameter: Numbers): readonly [number, number] => {
  let [square, product] = [0, 0];
  for (const [i, g] of gradient.data.entries()) {
    square += g * g;
    product += g * parameter.data[i]!;
  }
  return [Math.sqrt(square), product];
};

const ACCEPTED = 5e-5;

/** Key biases shift every score of a row alike: their gradient is 0, and what is computed is rounding. */
const NOTHING = 1e-6;

const sets = [
  ['dide/vqa', vqa, 35],
  ['dide/pretrain', pretraining, 9],
] as const;

describe.each(sets)(
  'every gradient of every loss has the reference norm and direction (%s)',
  (folder, symbols, count) => {
    const checks: Record<string, Record<string, [number, number]>> = readJsonFixture(`${folder}/grad_checks`);

    it('in as many losses as there are', () => expect(Object.keys(checks)).toHaveLength(count));

    it.each(Object.keys(checks))('of %s', async (loss) => {
      const found = toHuggingFace(await gradientsOf(loss, symbols));
      const parameters = toHuggingFace((await symbols.fixtures()).student);
      // this bias has two names, since versions differ; the reference has one
      found.delete('mlm_score.bias');
      const expected = checks[loss]!;
      const whole = Math.hypot(...Object.values(expected).map(([norm]) => norm));
      expect(Object.keys(expected).filter((name) => !found.has(name))).toEqual([]);
      for (const [name, gradient] of found) {
        const [norm, product] = expected[name] ?? [0, 0];
        const actual = normAndProduct(gradient, parameters.get(name)!);
        const scale = Math.max(norm, name.endsWith('key.bias') ? NOTHING / ACCEPTED : 1e-4 * whole);
        expect(Math.abs(actual[0] - norm), name).toBeLessThan(ACCEPTED * scale);
        const length = Math.sqrt(normAndProduct(parameters.get(name)!, parameters.get(name)!)[1]);
        expect(Math.abs(actual[1] - product), name).toBeLessThan(ACCEPTED * scale * length);
      }
    });
  },
);

describe('every entry of every gradient has the reference value (dide/pretrain)', () => {
  it('of total_ts, for each parameter of the student', async () => {
    const actual = await gradientsOf('total_ts', pretraining);
    const expected = fromHuggingFace(await readFixture('dide/pretrain/grads_total_ts'));
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    const floor = 1e-4 * Math.max(...[...expected.values()].map(largest));
    for (const [name, gradient] of expected) {
      expect(relativeError(actual.get(name)!, gradient, floor), name).toBeLessThan(ACCEPTED);
    }
  });
});

const largest = ({ data }: Numbers): number => Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
