import type { SizeRule } from '../data/resize.ts';
import type { ModelConfig, PictureRules } from '../model/config.ts';

/** Rules by which a model reads pictures; those of ViLT where nothing else is said. */
export const pictureRulesOf = ({ sizes, pictures }: Pick<ModelConfig, 'sizes' | 'pictures'>): PictureRules =>
  pictures ?? {
    ...{ mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5], scale: 1 / 255 },
    ...{ filter: 'bicubic', multiple: sizes.patch },
  };

/** Options of resizing and normalising a model's images. */
export const sizeRuleOf = ({ sizes, pictures }: Pick<ModelConfig, 'sizes' | 'pictures'>): SizeRule => {
  const { image: shortest, patch } = sizes;
  if (!pictures) return { shortest, multiple: patch };
  const { filter, multiple, ...normalization } = pictures;
  return { shortest, multiple, patch, filter, normalization };
};
