import type { InitFrom } from './run.ts';
import type { TaskName } from './tasks.ts';
import type { RetrievalVariantName, VariantName } from './variants.ts';

/** A row of the tables of stages: the losses of fine-tuning, and what the student is initialised from. */
interface StageOf<Variant> {
  readonly name: string;
  readonly variant: Variant;
  readonly initFrom: InitFrom;
}

/** Table 1 of the paper: without distillation, with it in either stage, and in both. */
export const stages: readonly StageOf<VariantName>[] = [
  { name: 'without distillation', variant: 'hard', initFrom: 'teacher' },
  { name: '+ fine-tuning distillation', variant: 'cross', initFrom: 'teacher' },
  { name: '+ pre-training distillation', variant: 'hard', initFrom: 'stage 1' },
  { name: '+ both', variant: 'cross', initFrom: 'stage 1' },
];

/** Table 2 of the paper: the same for retrieval. */
export const retrievalStages: readonly StageOf<RetrievalVariantName>[] = [
  { name: 'without distillation', variant: 'contrast', initFrom: 'teacher' },
  { name: '+ fine-tuning distillation', variant: 'attention', initFrom: 'teacher' },
  { name: '+ pre-training distillation', variant: 'contrast', initFrom: 'stage 1' },
  { name: '+ both', variant: 'attention', initFrom: 'stage 1' },
];

/** Other ways to distil retrieval, each with one seed: no claim of the paper is about them. */
export const retrievalLosses: readonly RetrievalVariantName[] = ['soft', 'ranking', 'sigmoid'];

/**
 * Variants that are trained on each task from the pre-trained fusion encoder: those that a claim compares. Table 4 of the
 * paper, kinds of knowledge, is of questions here; the other tasks have the variants of the claims that name them.
 */
export const variantsOn: Readonly<Record<TaskName, readonly VariantName[]>> = {
  vqa: ['hard', 'cross', 'soft', 'whole', 'uni', 'hidden'],
  nlvr2: ['hard', 'cross', 'soft', 'layers'],
  ve: ['hard', 'cross', 'layers'],
};

/** Variants of the study of scale: how their accuracy grows with updates and with training data. */
export const scaled: readonly VariantName[] = ['hard', 'cross', 'whole', 'soft'];

/** Variants that are compared at other learning rates: ground truth and the paper's method. */
export const compared: readonly VariantName[] = ['hard', 'cross'];
