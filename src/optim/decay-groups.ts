const UNDECAYED = ['bias', 'LayerNorm.weight', 'norm.weight', 'norm1.weight', 'norm2.weight'];
const HEAD_NORM = /(?:^|[._])(?:classifier|fusion)\.1\.weight$/;
const LAYER_NORM = /(?:layernorm|layer_norm|norm\d*|layernorm_before|layernorm_after)\.weight$/i;

/**
 * Rules for which parameters decay, by name.
 *
 * `reference`: as in ViLT's code, which recognises LayerNorms by the names of timm and BERT, and so decays those inside
 * Sequential heads (`classifier.1.weight`, `fusion.1.weight`). `correct`: no LayerNorm decays.
 */
export const decayGroups = {
  reference: (name: string): boolean => !UNDECAYED.some((part) => name.includes(part)),
  correct: (name: string): boolean =>
    !name.includes('bias') && !LAYER_NORM.test(name) && !HEAD_NORM.test(name) && decayGroups.reference(name),
} as const satisfies Record<'reference' | 'correct', (name: string) => boolean>;
