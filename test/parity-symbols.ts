import type { Numbers, Weights } from '../src/engine/numbers.ts';
import { add } from '../src/engine/ops.ts';
import { input, type Tensor } from '../src/engine/tensor.ts';
import { createParams } from '../src/layers/params.ts';
import { answered, dide, vilt } from '../src/models/model.ts';
import { across, crossModalAttention } from '../src/objectives/cross-modal-attention-distillation.ts';
import { type Direction, divergence, type QueryMask } from '../src/objectives/divergence.ts';
import { binaryCrossEntropy } from '../src/objectives/hard-labels.ts';
import { softLabelBinary, softLabelDivergence } from '../src/objectives/soft-label-distillation.ts';
import { fromHuggingFace } from '../src/weights/names.ts';
import { parityFeeds, parityInputs, paritySizes, readFixture } from './fixtures.ts';

const head = { task: 'vqa', answers: 10 };
/** What the labels are fed as. */
export const target = input('target', ['batch', head.answers]);
/** The student's parameters, and under `teacher_model.` the teacher's. */
export const p = createParams();
export const student = answered(dide, p, parityInputs, { sizes: paritySizes, head });
export const teacher = answered(vilt, p.within('teacher_model'), parityInputs, { sizes: paritySizes, head });

const directions: Record<string, Direction> = { ts: 'teacher-student', st: 'student-teacher' };
const queries: Record<string, QueryMask> = { mean_all: 'all', mean_valid: 'valid' };

/** Every loss of dide/vqa under the name that losses.json gives it. */
export const losses = (): Record<string, Tensor> => {
  const all: Record<string, Tensor> = {
    hard_bce: binaryCrossEntropy(student.logits, target),
    soft_bce: softLabelBinary(student.logits, teacher.logits),
  };
  const [s, t] = [student.encoded[0]!, teacher.encoded[0]!];
  for (const [way, direction] of Object.entries(directions)) {
    for (const temperature of [1, 2]) {
      all[`soft_kl_T${temperature}.${way}`] = softLabelDivergence(student.logits, teacher.logits, {
        temperature,
        direction,
      });
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
    feeds: { ...parityFeeds(inputs), target: inputs.get('labels')! },
  };
};
