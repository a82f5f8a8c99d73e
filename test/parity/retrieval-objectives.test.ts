import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers } from '../../src/engine/numbers.ts';
import { check } from '../../src/engine/ops.fixture.ts';
import { add, multiply, reshape } from '../../src/engine/ops.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { constant, input, type Tensor } from '../../src/engine/tensor.ts';
import { contrastOf, similarity } from '../../src/model/heads.ts';
import { createParams, initialWeights, type Params } from '../../src/model/params.ts';
import { type Candidates, candidatesAt } from '../../src/objectives/candidates.ts';
import { partialRanking } from '../../src/objectives/partial-ranking-distillation.ts';
import { sigmoidContrast } from '../../src/objectives/sigmoid-contrast.ts';
import { softScores } from '../../src/objectives/soft-score-distillation.ts';
import reference from './retrieval-objectives/numbers.json' with { type: 'json' };

const [batch, space, k] = [4, 3, 3];
const shape = [batch, 1 + k];
const floats = (shape: readonly number[], data: readonly number[]): Numbers => ({
  shape,
  data: Float64Array.from(data),
});
const none = constant(0);

const fed = ({ shape, data }: Numbers, precision: 'float64' | 'float32'): Numbers => ({
  shape,
  data: precision === 'float64' ? data : Float32Array.from(data),
});

type Record = { readonly loss: number; readonly gradients: object; readonly inputs: object };

/**
 * Holds a loss, and its gradients by the inputs that the reference names, to PyTorch's in float64. ONNX Runtime has no
 * softplus in float64: what needs it is computed in float32.
 */
const expectReference = async (
  { loss: expected, gradients: slopes, inputs: numbers }: Record,
  inputs: Readonly<{ [name: string]: Tensor }>,
  loss: Tensor,
  precision: 'float64' | 'float32' = 'float64',
): Promise<void> => {
  const digits = precision === 'float64' ? 9 : 5;
  const found = gradients(loss, new Set(Object.values(inputs)));
  const outputs = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [`gradient ${name}`, found.get(x)!]));
  await using session = await compile({ loss, ...outputs }, { precision, threads: 1 });
  const feeds = Object.entries(numbers).map(([name, data]) => [
    name,
    fed(floats(inputs[name]!.shape as number[], data), precision),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  expect(results.loss!.data[0]! / expected).toBeCloseTo(1, digits);
  for (const [name, slope] of Object.entries(slopes) as [string, number[]][]) {
    const of = [...results[`gradient ${name}`]!.data];
    expect(of).toHaveLength(slope.length);
    of.forEach((g, i) => expect(g, `${name} ${i}`).toBeCloseTo(slope[i]!, digits));
  }
};

const student: Candidates = { texts: input('texts', shape), images: input('images', shape) };
const teacher: Candidates = {
  texts: constant(floats(shape, reference.teacher.texts)),
  images: constant(floats(shape, reference.teacher.images)),
};

describe('losses over candidates are those of PyTorch, with their gradients', () => {
  it('soft scores', () => expectReference(reference.soft, { ...student }, softScores()(student, teacher, none)));
  it('soft scores with a temperature of 2', () =>
    expectReference(
      reference['soft, temperature 2'],
      { ...student },
      softScores({ temperature: 2 })(student, teacher, none),
    ));
  it('the order of hard negatives', () =>
    expectReference(reference.ranking, { ...student }, partialRanking(student, teacher, none)));
});

describe('the order of hard negatives', () => {
  const lossOf = async (scores: readonly number[], ranked: readonly number[]): Promise<number> => {
    const both = (row: readonly number[]): Candidates => {
      const x = constant(floats([1, row.length], row));
      return { texts: x, images: x };
    };
    const loss = partialRanking(both(scores), both(ranked), none);
    await using session = await compile({ loss }, { precision: 'float64', threads: 1 });
    return (await session.run<'loss'>({})).loss.data[0]!;
  };

  it('is all that is learnt of the teacher: neither how far its scores are apart, nor its matched pair', async () => {
    const scores = [0.3, 1.5, -0.5, 0.25];
    const usual = await lossOf(scores, [9, 3, 2, 1]);
    expect(await lossOf(scores, [-5, 0.003, 0.002, -1000])).toBe(usual);
    expect(await lossOf([-8, ...scores.slice(1)], [9, 3, 2, 1])).toBe(usual);
    expect(await lossOf(scores, [9, 1, 2, 3])).not.toBe(usual);
  });

  it('by hand: ½ (log (1 + e⁻¹ + e⁻²) + log (1 + e⁻¹)) in the right order, and nothing where all are equal', async () => {
    const expected = (Math.log(1 + Math.exp(-1) + Math.exp(-2)) + Math.log(1 + Math.exp(-1))) / 2;
    expect(await lossOf([0, 3, 2, 1], [0, 3, 2, 1])).toBeCloseTo(expected, 12);
    expect(await lossOf([0, 3, 2, 1], [0, 7, 7, 7])).toBeCloseTo(0, 12);
  });
});

describe('the sigmoid contrast', () => {
  it('is the loss of SigLIP, with its gradients, the learnt temperature and bias among them', async () => {
    const [rows, text] = [input('image', [batch, space]), input('text', [batch, space])];
    const [scale, bias] = [input('scale', []), input('bias', [])];
    // the projections are the identity, so that the vectors are those that the reference normalizes
    const identity: Params = { within: () => identity, get: (name) => known(name), dropout: (x) => x };
    const eye = constant(floats([space, space], [1, 0, 0, 0, 1, 0, 0, 0, 1]));
    const known = (name: string): Tensor => (name === 'logit_scale' ? scale : name === 'logit_bias' ? bias : eye);
    const streams = {
      image: { first: reshape(rows, [batch, 1, space]) },
      text: { first: reshape(text, [batch, 1, space]) },
    };
    const contrast = contrastOf(identity, streams, { space, scoring: 'sigmoid' });
    await expectReference(
      reference.sigmoid,
      { image: rows, text, scale, bias },
      sigmoidContrast({ similarity: similarity(contrast) }),
      'float32',
    );
  });

  it('begins at a temperature of 10 and a bias of -10, where a softmax has neither bias nor that temperature', () => {
    const declared = (scoring: 'sigmoid' | 'softmax') => {
      const p = createParams();
      const first = input('x', [2, 1, 4]);
      contrastOf(p, { image: { first }, text: { first } }, { space: 4, scoring });
      const weights = initialWeights(p, { seed: 0 });
      return {
        scale: Math.exp(weights.get('itc.logit_scale')!.data[0]!),
        bias: weights.get('itc.logit_bias')?.data[0],
      };
    };
    expect(declared('sigmoid').scale).toBeCloseTo(10, 5);
    expect(declared('sigmoid').bias).toBe(-10);
    expect(declared('softmax').scale).toBeCloseTo(1 / 0.07, 5);
    expect(declared('softmax').bias).toBeUndefined();
  });

  it('has the slope of its finite differences', () => {
    const logSigmoid = (x: number): number => -Math.log1p(Math.exp(-x));
    return check(
      [['n', 'n']],
      (s) => sigmoidContrast({ similarity: s }),
      (_, s) => {
        const pairs = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => logSigmoid((i === j ? 1 : -1) * s(i, j))));
        return -pairs.reduce((sum, x) => sum + x, 0) / 3;
      },
      { sizes: { n: 3 }, precision: 'float32' },
    );
  });
});

it('candidates are looked up in the similarities, and their gradients are added where they were found', () => {
  const places = { texts: [1, 0, 2, 1], images: [3, 1, 2, 3] };
  const indices = (of: readonly number[]): Tensor => constant({ shape: [2, 2], data: Int32Array.from(of) });
  const at = { texts: indices(places.texts), images: indices(places.images) };
  return check(
    [['n', 'n']],
    (s) => {
      const found = candidatesAt(s, at);
      return add(multiply(found.texts, 2), found.images);
    },
    ([i, j], s) => {
      const read = (place: number): number => s(Math.floor(place / 2), place % 2);
      return 2 * read(places.texts[2 * i! + j!]!) + read(places.images[2 * i! + j!]!);
    },
    { sizes: { n: 2 } },
  );
});
