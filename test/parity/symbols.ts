import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { add } from '../../src/engine/ops.ts';
import { input, type Tensor } from '../../src/engine/tensor.ts';
import { createParams } from '../../src/model/params.ts';
import type { Encoded } from '../../src/model/outputs.ts';
import { answered } from '../fixtures/answered.ts';
import { dide, vilt } from '../../src/model/architecture.ts';
import { jointAttention, uniModalAttention, wholeAttention } from '../../src/objectives/attention-distillation.ts';
import { across, crossModalAttention } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { type Direction, divergence, type QueryMask } from '../../src/objectives/divergence.ts';
import { binaryCrossEntropy, crossEntropy } from '../../src/objectives/hard-labels.ts';
import { hiddenStates } from '../../src/objectives/hidden-state-distillation.ts';
import { everyLayer } from '../../src/objectives/layers.ts';
import type { Objective } from '../../src/objectives/objective.ts';
import { softLabelBinary, softLabelDivergence } from '../../src/objectives/soft-label-distillation.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { parityFeeds, parityInputs, paritySizes, readFixture } from '../fixtures/parity.ts';

const head = { task: 'vqa', answers: 10 };
/** Inputs that the labels are fed as. */
export const target = input('target', ['batch', head.answers]);
/** And the best labelled answer alone. */
const best = input('best', ['batch', head.answers]);
/** The student's parameters, and under `teacher_model.` the teacher's. */
export const p = createParams();
export const student = answered(dide, p, parityInputs, { sizes: paritySizes, head });
export const teacher = answered(vilt, p.within('teacher_model'), parityInputs, { sizes: paritySizes, head });

export const directions: Record<string, Direction> = { ts: 'teacher-student', st: 'student-teacher' };
export const queries: Record<string, QueryMask> = {
  mean_all: 'all',
  mean_valid: 'valid',
  mean_per_sample: 'valid-per-example',
};
const attentions = { cross: crossModalAttention, uni: uniModalAttention, whole: wholeAttention, joint: jointAttention };

/** The names of the losses that compare attention, with the options that make them: one encoded pair at a time. */
export const attentionLosses = (s: Encoded, t: Encoded): Record<string, Tensor> => {
  const all: Record<string, Tensor> = {};
  const parts = {
    v2t: ['image', 'text'],
    t2v: ['text', 'image'],
    v2v: ['image', 'image'],
    t2t: ['text', 'text'],
  } as const;
  for (const [way, direction] of Object.entries(directions)) {
    for (const [mean, which] of Object.entries(queries)) {
      for (const [part, [asking, asked]] of Object.entries(parts)) {
        const options = { direction, queries: which };
        all[`${part}.${way}.${mean}`] = divergence(across(t[asking], t[asked]), across(s[asking], s[asked]), options);
      }
    }
  }
  return all;
};

/** Losses at other layers: one by one, and their mean. */
const layerLosses = (): Record<string, Tensor> => {
  const all: Record<string, Tensor> = {};
  const add = (name: string, objective: Objective): void => {
    all[name] = objective(student, teacher, target);
  };
  const [pairs, valid] = [everyLayer(paritySizes.depth, paritySizes.depth), { queries: 'valid' } as const];
  for (const [at, name] of [
    ...pairs.map((pair, l) => [[pair], `layer${l}`] as const),
    [pairs, 'layerwise_mean'] as const,
  ]) {
    add(`${name}.hidden`, hiddenStates({ layers: at }));
    for (const [way, direction] of Object.entries(directions)) {
      for (const [kind, attention] of Object.entries(attentions)) {
        if (kind === 'joint' && at === pairs) continue;
        add(`${name}.${kind}.${way}`, attention({ ...valid, direction, layers: at }));
      }
    }
  }
  return all;
};

/** Every loss of dide/vqa under the name that losses.json gives it. */
export const losses = (): Record<string, Tensor> => {
  const all: Record<string, Tensor> = {
    hard_bce: binaryCrossEntropy(student.logits, target),
    hard_ce: crossEntropy(student.logits, best),
    soft_bce: softLabelBinary(student.logits, teacher.logits),
    'hidden_last.sum_of_means': hiddenStates()(student, teacher, target),
    'hidden_last.pooled_mean': hiddenStates({ mean: 'token' })(student, teacher, target),
    ...layerLosses(),
  };
  for (const [name, loss] of Object.entries(attentionLosses(student.encoded[0]!, teacher.encoded[0]!)))
    all[`attn.${name}`] = loss;
  for (const [way, direction] of Object.entries(directions)) {
    for (const temperature of [1, 2]) {
      all[`soft_kl_T${temperature}.${way}`] = softLabelDivergence(student.logits, teacher.logits, {
        temperature,
        direction,
      });
    }
    for (const [mean, which] of Object.entries(queries)) {
      for (const [kind, attention] of Object.entries(attentions))
        all[`attn.${kind}.${way}.${mean}`] = attention({ direction, queries: which })(student, teacher, target);
    }
    all[`total_${way}`] = add(all[`attn.cross.${way}.mean_valid`]!, all[`soft_kl_T1.${way}`]!);
  }
  all.total_released = add(all['attn.cross.ts.mean_all']!, all.soft_bce!);
  return all;
};

const oneHot = ({ shape, data }: Numbers): Numbers => {
  const [rows, columns] = shape as [number, number];
  const hot = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    const scores = data.subarray(row * columns, (row + 1) * columns);
    hot[row * columns + scores.indexOf(Math.max(...scores))] = 1;
  }
  return { shape, data: hot };
};

/** As in the authors' checkpoints, the teacher's names stand under `teacher_model.`, so that both fit into one graph. */
export const fixtures = async (): Promise<{
  readonly student: Weights;
  readonly teacher: Weights;
  readonly feeds: Readonly<Record<string, Numbers>> & { readonly target: Numbers };
}> => {
  const inputs = await readFixture('dide/vqa/inputs');
  const ofTeacher = fromHuggingFace(await readFixture('hf/vqa/model'), 'vqa_classifier');
  return {
    student: fromHuggingFace(await readFixture('dide/vqa/student'), 'vqa_classifier'),
    teacher: new Map([...ofTeacher].map(([name, numbers]) => [`teacher_model.${name}`, numbers])),
    feeds: { ...parityFeeds(inputs), target: inputs.get('labels')!, best: oneHot(inputs.get('labels')!) },
  };
};
