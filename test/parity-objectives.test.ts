import { describe, expect, it } from 'vitest';
import { gradients } from '../src/engine/gradient.ts';
import type { Numbers, Weights } from '../src/engine/numbers.ts';
import { add } from '../src/engine/ops.ts';
import { compile } from '../src/engine/session.ts';
import { input, type Tensor } from '../src/engine/tensor.ts';
import { createParams } from '../src/layers/params.ts';
import { answered, dide, vilt } from '../src/models/model.ts';
import { across, crossModalAttention } from '../src/objectives/cross-modal-attention-distillation.ts';
import { type Direction, divergence, type QueryMask } from '../src/objectives/divergence.ts';
import { binaryCrossEntropy, crossEntropy } from '../src/objectives/hard-labels.ts';
import { softLabelBinary, softLabelDivergence } from '../src/objectives/soft-label-distillation.ts';
import { fromHuggingFace } from '../src/weights/names.ts';
import { parityFeeds, parityInputs, paritySizes, readFixture, readJsonFixture, relativeError } from './fixtures.ts';

const head = { task: 'vqa', answers: 10 };
const target = input('target', ['batch', head.answers]);
const p = createParams();
const student = answered(dide, p, parityInputs, { sizes: paritySizes, head });
const teacher = answered(vilt, p.within('teacher_model'), parityInputs, { sizes: paritySizes, head });

const directions: Record<string, Direction> = { ts: 'teacher-student', st: 'student-teacher' };
const queries: Record<string, QueryMask> = { mean_all: 'all', mean_valid: 'valid' };

const losses = (): Record<string, Tensor> => {
  const all: Record<string, Tensor> = {
    hard_bce: binaryCrossEntropy(student.logits, target),
    soft_bce: softLabelBinary(student.logits, teacher.logits),
  };
  const [s, t] = [student.encoded[0]!, teacher.encoded[0]!];
  for (const [way, direction] of Object.entries(directions)) {
    for (const temperature of [1, 2]) {
      all[`soft_kl_T${temperature}.${way}`] = softLabelDivergence(student.logits, teacher.logits, { temperature, direction });
    }
    for (const [mean, which] of Object.entries(queries)) {
      const options = { direction, queries: which };
      all[`attn.v2t.${way}.${mean}`] = divergence(across(t.image, t.text), across(s.image, s.text), options);
      all[`attn.t2v.${way}.${mean}`] = divergence(across(t.text, t.image), across(s.text, s.image), options);
      all[`attn.cross.${way}.${mean}`] = crossModalAttention(options)(student, teacher, target);
    }
    all[`total_${way}`] = add(all[`attn.cross.${way}.mean_valid`]!, all[`soft_kl_T1.${way}`]!);
  }
  all.total_released = add(all['attn.cross.ts.mean_all']!, all.soft_bce!);
  return all;
};

/** As in the authors' checkpoints, the teacher's names stand under `teacher_model.`, so that both fit into one graph. */
const fixtures = async () => {
  const inputs = await readFixture('dide/vqa/inputs');
  const ofTeacher = fromHuggingFace(await readFixture('hf/vqa/model'), 'vqa_classifier');
  return {
    student: fromHuggingFace(await readFixture('dide/vqa/student'), 'vqa_classifier'),
    teacher: new Map([...ofTeacher].map(([name, numbers]) => [`teacher_model.${name}`, numbers])),
    feeds: { ...parityFeeds(inputs), target: inputs.get('labels')! },
  };
};

const reference = readJsonFixture('dide/vqa/losses');

describe('every loss has the reference value (dide/vqa)', () => {
  it('for both directions of KL, both query masks, both temperatures, soft and hard', async () => {
    const { student: weights, teacher: frozen, feeds } = await fixtures();
    await using session = await compile(losses(), { parameters: new Map([...weights, ...frozen]) });
    const values = await session.run(feeds);
    expect(Object.keys(values)).toHaveLength(21);
    for (const [name, { data }] of Object.entries(values)) {
      expect(Math.abs(data[0]! / reference.losses[name] - 1), name).toBeLessThan(1e-5);
    }
  });

  it('for cross entropy against the best labelled answer', async () => {
    const { student: weights, feeds } = await fixtures();
    const best = oneHot(feeds.target);
    await using session = await compile({ loss: crossEntropy(student.logits, target) }, { parameters: weights });
    const { loss } = await session.run({ ...feeds, target: best });
    expect(Math.abs(loss!.data[0]! / reference.losses.hard_ce - 1)).toBeLessThan(1e-5);
  });
});

const oneHot = ({ shape, data }: Numbers): Numbers => {
  const [rows, columns] = shape as [number, number];
  const hot = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    const scores = data.subarray(row * columns, (row + 1) * columns);
    hot[row * columns + scores.indexOf(Math.max(...scores))] = 1;
  }
  return { shape, data: hot };
};

describe('every gradient has the reference value (dide/vqa)', () => {
  for (const total of ['total_released', 'total_ts', 'total_st']) {
    it(`of ${total}, for each parameter of the student`, async () => {
      const { student: weights, teacher: frozen, feeds } = await fixtures();
      const wanted = new Map([...p.declared].filter(([name]) => weights.has(name)).map(([name, { tensor }]) => [tensor, name]));
      const outputs = Object.fromEntries([...gradients(losses()[total]!, new Set(wanted.keys()))].map(([tensor, g]) => [`gradient ${wanted.get(tensor)}`, g]));
      await using session = await compile(outputs, { parameters: new Map([...weights, ...frozen]) });
      const actual = await session.run(feeds);
      const expected = fromHuggingFace(await readFixture(`dide/vqa/grads_${total}`), 'vqa_classifier');
      expect(Object.keys(actual)).toHaveLength(expected.size);
      const floor = 1e-4 * largest(expected);
      for (const [name, gradient] of expected) {
        expect(relativeError(actual[`gradient ${name}`]!, gradient, floor), name).toBeLessThan(5e-5);
      }
    });
  }
});

/** Key biases shift every score of a row alike: their gradient is 0, and what is computed is rounding. */
const largest = (weights: Weights): number => Math.max(...[...weights.values()].map(({ data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
