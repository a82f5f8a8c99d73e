import { crossModalAttention } from './cross-modal-attention-distillation.ts';
import type { DivergenceOptions } from './divergence.ts';
import { hardLabels } from './hard-labels.ts';
import type { Objectives } from './objective.ts';
import { softLabels } from './soft-label-distillation.ts';

/** L_ITM: cross entropy of whether a text belongs to its image. Logits and target [batch, 2], no and yes → scalar */
export const imageTextMatching = hardLabels;

/**
 * Matching learnt from a teacher alone, as two losses, each with a curve of its own:
 *
 *   L_SL + L_CA, both on matched and unmatched pairs        Wang et al. 2022, §3.3
 */
export const matchingDistillation = ({ direction, queries }: DivergenceOptions = {}) =>
  ({
    soft: { objective: softLabels({ direction }), weight: 1 },
    attention: { objective: crossModalAttention({ direction, queries }), weight: 1 },
  }) satisfies Objectives;
