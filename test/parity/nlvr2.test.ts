import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { add, concat, softmax } from '../../src/engine/ops.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { input, type Tensor } from '../../src/engine/tensor.ts';
import { maskBias } from '../../src/model/attention.ts';
import { createParams } from '../../src/model/params.ts';
import type { Inputs } from '../../src/model/inputs.ts';
import type { Encoded } from '../../src/model/outputs.ts';
import { answered } from '../fixtures/answered.ts';
import { dide, vilt } from '../../src/model/architecture.ts';
import { jointAttention, uniModalAttention, wholeAttention } from '../../src/objectives/attention-distillation.ts';
import { across, crossModalAttention } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { type Attention, divergenceOfLogits } from '../../src/objectives/divergence.ts';
import { crossEntropy } from '../../src/objectives/hard-labels.ts';
import { softLabelDivergence } from '../../src/objectives/soft-label-distillation.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { parityFeeds, parityInputsOf, paritySizes, readFixture, readJsonFixture, relativeError } from '../fixtures/parity.ts';
import { attentionLosses, directions, queries } from './symbols.ts';

const ACCEPTED = 1e-5;
const head = { task: nlvr2.name, answers: 2 };
const HEAD = 'nlvr2_classifier';
const sizes = { ...paritySizes, types: 3 };
const inputs: Inputs = parityInputsOf(2);
const target = input('target', ['batch', head.answers]);
const p = createParams();
const student = answered(dide, p, inputs, { sizes, head });
const teacher = answered(vilt, p.within('teacher_model'), inputs, { sizes, head });

const oneHot = ({ shape, data }: Numbers): Numbers => {
  const hot = new Float32Array(shape[0]! * head.answers);
  for (const [row, label] of data.entries()) hot[row * head.answers + label] = 1;
  return { shape: [shape[0]!, head.answers], data: hot };
};

const ofStudent = readFixture('dide/nlvr2/student').then((found) => fromHuggingFace(found, HEAD));
const ofTeacher = readFixture('hf/nlvr2/model').then((found) => fromHuggingFace(found, HEAD));
const read = readFixture('dide/nlvr2/inputs');

/** Both models in one graph: the teacher's names stand under `teacher_model.`, as in the authors' checkpoints. */
const run = async <O extends string>(outputs: Record<O, Tensor>) => {
  const frozen = [...(await ofTeacher)].map(([name, numbers]) => [`teacher_model.${name}`, numbers] as const);
  const parameters: Weights = new Map([...(await ofStudent), ...frozen]);
  await using session = await compile(outputs, { parameters, threads: 1 });
  return await session.run<O>({ ...parityFeeds(await read), target: oneHot((await read).get('labels')!) });
};

describe('two images in the fusion encoder say what Hugging Face ViLT says (hf/nlvr2)', () => {
  it('in every hidden state and pooled vector of both images, and in the logits', async () => {
    const expected = await readFixture('hf/nlvr2/outputs');
    const model = answered(vilt, createParams(), inputs, { sizes, head });
    const outputs: Record<string, Tensor> = { logits: model.logits };
    for (const [i, { text, image, pair }] of model.encoded.entries()) {
      const name = `image${i + 1}`;
      outputs[`${name}.hidden_states.0`] = concat([text.embedded, image.embedded], 1);
      for (const [layer, { hidden }] of text.layers.entries())
        outputs[`${name}.hidden_states.${layer + 1}`] = concat([hidden, image.layers[layer]!.hidden], 1);
      outputs[`${name}.last_hidden_state`] = concat([text.last, image.last], 1);
      outputs[`${name}.pooler_output`] = pair;
    }
    await using session = await compile(outputs, { parameters: await ofTeacher, threads: 1 });
    const actual = await session.run(parityFeeds(await readFixture('hf/nlvr2/inputs')));
    const stored = [...expected.keys()].filter((name) => !name.includes('attentions'));
    expect(Object.keys(actual).sort()).toEqual(stored.sort());
    for (const name of stored) expect(relativeError(actual[name]!, expected.get(name)!), name).toBeLessThan(ACCEPTED);
  });
});

/** Mean attention of each key, and the distance of each query from it. */
const probability = ({ scores, keys }: Attention): Tensor => softmax(add(scores, maskBias(keys)));
const masked = ({ scores, keys }: Attention): Tensor => add(scores, maskBias(keys));

const attentionOutputs = (name: string, s: Encoded, t: Encoded): Record<string, Tensor> => {
  const all: Record<string, Tensor> = {};
  for (const [part, asking, asked] of [
    ['v2t', 'image', 'text'],
    ['t2v', 'text', 'image'],
  ] as const) {
    const [ours, theirs] = [across(s[asking], s[asked]), across(t[asking], t[asked])];
    all[`${name}.${part}.student`] = probability(ours);
    all[`${name}.${part}.teacher`] = probability(theirs);
    for (const [way, direction] of Object.entries(directions))
      all[`${name}.${part}.rows_${way}`] = divergenceOfLogits(masked(theirs), masked(ours), direction);
  }
  return all;
};

describe('two images in both models say what the reference says (dide/nlvr2)', () => {
  it('in the logits, and in the attention between the text and each image', async () => {
    const expected = await readFixture('dide/nlvr2/outputs');
    const outputs: Record<string, Tensor> = { 'student.logits': student.logits, 'teacher.logits': teacher.logits };
    for (const [i, one] of student.encoded.entries()) {
      outputs[`image${i + 1}.teacher.pooled`] = teacher.encoded[i]!.pair;
      Object.assign(outputs, attentionOutputs(`image${i + 1}`, one, teacher.encoded[i]!));
    }
    const actual = await run(outputs);
    const inner = ['student.text_pooled', 'image1.student.pooled', 'image2.student.pooled'];
    expect([...Object.keys(actual), ...inner].sort()).toEqual([...expected.keys()].sort());
    for (const [name, values] of Object.entries(actual))
      expect(relativeError(values, expected.get(name)!), name).toBeLessThan(ACCEPTED);
  });
});

const attentions = { cross: crossModalAttention, uni: uniModalAttention, whole: wholeAttention, joint: jointAttention };

/** Every loss of dide/nlvr2 under the name that losses.json gives it. */
const losses = (): Record<string, Tensor> => {
  const all: Record<string, Tensor> = { hard_ce: crossEntropy(student.logits, target) };
  for (const [i, one] of student.encoded.entries()) {
    const [s, t] = [one, teacher.encoded[i]!];
    for (const [name, loss] of Object.entries(attentionLosses(s, t))) all[`attn${i + 1}.${name}`] = loss;
    const alone = [{ ...student, encoded: [s] }, { ...teacher, encoded: [t] }, target] as const;
    for (const [kind, attention] of Object.entries(attentions))
      for (const [way, direction] of Object.entries(directions))
        for (const [mean, which] of Object.entries(queries))
          all[`attn${i + 1}.${kind}.${way}.${mean}`] = attention({ direction, queries: which })(...alone);
  }
  for (const [way, direction] of Object.entries(directions)) {
    all[`soft_kl_T1.${way}`] = softLabelDivergence(student.logits, teacher.logits, { direction });
    for (const [mean, which] of [
      ['mean_valid', 'valid'],
      ['mean_all', 'all'],
    ] as const)
      all[`attn.cross.${way}.${mean}`] = crossModalAttention({ direction, queries: which })(student, teacher, target);
    all[`total_${way}`] = add(all[`attn.cross.${way}.mean_valid`]!, all[`soft_kl_T1.${way}`]!);
  }
  return all;
};

const isQuotient = (name: string): boolean => !/\.(sum|count)_(valid|all)$/.test(name);

describe('losses over two images', () => {
  it('have the reference values, all of them', async () => {
    const reference = readJsonFixture('dide/nlvr2/losses').losses;
    const values = await run(losses());
    expect(Object.keys(values).sort()).toEqual(Object.keys(reference).filter(isQuotient).sort());
    for (const [name, { data }] of Object.entries(values))
      expect(Math.abs(data[0]! / reference[name] - 1), name).toBeLessThan(1e-5);
  });

  it('have the reference gradients of total_st, for each parameter of the student', async () => {
    const actual = await gradientsOf(losses().total_st!);
    const expected = fromHuggingFace(await readFixture('dide/nlvr2/grads_total_st'), HEAD);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    const floor = 1e-4 * largestOf([...expected.values()]);
    for (const [name, gradient] of expected)
      expect(relativeError(actual.get(name)!, gradient, floor), name).toBeLessThan(5e-5);
  });

  it('have gradients of the reference norms, from the teacher and from ground truth', async () => {
    const norms: Record<string, number> = readJsonFixture('dide/nlvr2/losses').grad_norms;
    const all = losses();
    for (const name of ['total_ts', 'hard_ce']) {
      let squares = 0;
      for (const { data } of (await gradientsOf(all[name]!)).values()) for (const x of data) squares += x * x;
      expect(Math.abs(Math.sqrt(squares) / norms[name]! - 1), name).toBeLessThan(1e-5);
    }
  });
});

/** The gradient of every parameter of the student that a loss reaches, by name. */
const gradientsOf = async (loss: Tensor): Promise<Map<string, Numbers>> => {
  const mine = new Map(
    [...p.declared].flatMap(([name, { tensor }]) =>
      name.startsWith('teacher_model.') ? [] : [[tensor, name] as const],
    ),
  );
  const found = gradients(loss, new Set(mine.keys()));
  const values = await run(Object.fromEntries([...found].map(([tensor, g]) => [`gradient ${mine.get(tensor)}`, g])));
  return new Map(Object.entries(values).map(([name, numbers]) => [name.slice('gradient '.length), numbers]));
};

const largestOf = (all: readonly Numbers[]): number =>
  Math.max(...all.map(({ data }) => Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
