import { collatePairs } from '../../src/training/negatives/matching-pairs.ts';
import { weightedSum } from '../../src/engine/functions.ts';
import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { transposeLast } from '../../src/engine/ops.ts';
import { input, type Tensor } from '../../src/engine/tensor.ts';
import { createParams } from '../../src/model/params.ts';
import { dide, vilt } from '../../src/model/architecture.ts';
import { type PretrainingInputs, forwardPretraining, pretrainingInputs } from '../../src/model/purposes/pretraining.ts';
import { crossModalAttentionDistillation } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { imageTextContrastive, imageToText } from '../../src/objectives/image-text-contrastive.ts';
import { imageTextMatching } from '../../src/objectives/image-text-matching.ts';
import { maskedLanguageModeling } from '../../src/objectives/masked-language-modeling.ts';
import { softLabels } from '../../src/objectives/soft-label-distillation.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { parityFeeds, paritySizes, readFixture } from '../fixtures/parity.ts';
import { attentionLosses, directions, queries } from './symbols.ts';

const target = input('target', ['batch', 2]);
const words = input('masked_labels', ['masked'], 'int32');

const inputs: PretrainingInputs = (() => {
  const { text, masked, ...others } = pretrainingInputs(paritySizes);
  const segments = input('segments', ['batch', 'words'], 'int32');
  return { ...others, text: { ...text, segments }, masked: { ...masked, segments } };
})();

/** The student's parameters, and under `teacher_model.` the teacher's. */
export const p = createParams();
export const student = forwardPretraining({ architecture: dide, sizes: paritySizes }, p, inputs, { space: 32 });
export const teacher = forwardPretraining({ architecture: vilt, sizes: paritySizes }, p.within('teacher_model'), inputs);

/** Every loss of dide/pretrain under the name that losses.json gives it. */
export const losses = (): Record<string, Tensor> => {
  const { own, matching, similarity } = student;
  const all: Record<string, Tensor> = {
    'itm.hard_ce': imageTextMatching(matching, teacher.matching, target),
    'itc.i2t': imageToText(similarity!),
    'itc.t2i': imageToText(transposeLast(similarity!)),
    'itc.mean': imageTextContrastive({ similarity: similarity! }),
    'mlm.ce': maskedLanguageModeling(student, student, words),
  };
  const pairs = { itm: [matching.encoded[0]!, teacher.matching.encoded[0]!], itc: [own!, teacher.own!] } as const;
  for (const [name, [s, t]] of Object.entries(pairs)) {
    for (const [part, loss] of Object.entries(attentionLosses(s, t))) {
      if (/^(v2t|t2v)/.test(part)) all[`${name}.attn.${part}`] = loss;
    }
    for (const [way, direction] of Object.entries(directions)) {
      for (const [mean, which] of Object.entries(queries)) {
        const loss = crossModalAttentionDistillation(s, t, { direction, queries: which });
        all[`${name}.attn.cross.${way}.${mean}`] = loss;
      }
    }
  }
  for (const [way, direction] of Object.entries(directions)) {
    all[`itm.soft_kl_T1.${way}`] = softLabels({ direction })(matching, teacher.matching, target);
    const terms = [`itm.attn.cross.${way}.mean_valid`, `itm.soft_kl_T1.${way}`, `itc.attn.cross.${way}.mean_valid`];
    all[`total_${way}`] = weightedSum([...terms, 'itc.mean', 'mlm.ce'].map((term) => [1, all[term]!]));
  }
  return all;
};

/** As in the authors' checkpoints, the teacher's names stand under `teacher_model.`. */
export const fixtures = async (): Promise<{
  readonly student: Weights;
  readonly teacher: Weights;
  readonly feeds: Readonly<Record<string, Numbers>>;
}> => {
  const stored = await readFixture('dide/pretrain/inputs');
  const ofTeacher = fromHuggingFace(
    new Map([...(await readFixture('hf/base/model')), ...(await readFixture('dide/pretrain/teacher_heads'))]),
  );
  return {
    student: fromHuggingFace(await readFixture('dide/pretrain/student')),
    teacher: new Map([...ofTeacher].map(([name, numbers]) => [`teacher_model.${name}`, numbers])),
    feeds: {
      ...parityFeeds(stored),
      ...masked(stored),
      ...collatePairs([...stored.get('itm_image_index')!.data]),
      target: oneHot(stored.get('itm_labels')!),
    },
  };
};

/** PyTorch marks what is not to be found with the label -100. */
const masked = (stored: ReadonlyMap<string, Numbers>): Record<string, Numbers> => {
  const labels = stored.get('mlm_labels')!.data;
  const places = Int32Array.from(labels.keys()).filter((place) => labels[place]! >= 0);
  const shape = [places.length];
  return {
    masked_words: stored.get('mlm_input_ids')!,
    masked_places: { shape, data: places },
    masked_labels: { shape, data: places.map((place) => labels[place]!) },
  };
};

const oneHot = ({ shape, data }: Numbers): Numbers => ({
  shape: [shape[0]!, 2],
  data: Float32Array.from({ length: 2 * data.length }, (_, i) => Number(data[Math.floor(i / 2)] === i % 2)),
});
