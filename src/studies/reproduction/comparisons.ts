import type { InitFrom } from './run.ts';
import type { VariantName } from './variants.ts';

/** Table 1 of the paper: without distillation, with it in either stage, and in both. */
export const stages: readonly { readonly name: string; readonly variant: VariantName; readonly initFrom: InitFrom }[] =
  [
    { name: 'without distillation', variant: 'hard', initFrom: 'teacher' },
    { name: '+ fine-tuning distillation', variant: 'cross', initFrom: 'teacher' },
    { name: '+ pre-training distillation', variant: 'hard', initFrom: 'stage 1' },
    { name: '+ both', variant: 'cross', initFrom: 'stage 1' },
  ];

/** Table 2 of the paper: the same for retrieval. */
export const retrievalStages = [
  { name: 'without distillation', variant: 'contrast', initFrom: 'teacher' },
  { name: '+ fine-tuning distillation', variant: 'attention', initFrom: 'teacher' },
  { name: '+ pre-training distillation', variant: 'contrast', initFrom: 'stage 1' },
  { name: '+ both', variant: 'attention', initFrom: 'stage 1' },
] as const;

/** Table 4 of the paper: kinds of knowledge that a student is distilled with. */
export const knowledge: readonly VariantName[] = ['hard', 'soft', 'hidden', 'whole', 'uni', 'cross'];

/** Variants of the study of scale: how their accuracy grows with updates and with training data. */
export const scaled: readonly VariantName[] = ['hard', 'soft', 'whole', 'cross'];

/** Variants that are compared over depths: ground truth and the paper's method. */
export const compared: readonly VariantName[] = ['hard', 'cross'];
