import { answered } from '../model/architecture.ts';
import { architectureOf, type ModelConfig } from '../model/config.ts';
import type { Answered, Inputs } from '../model/encoded.ts';
import { matchingHead } from '../model/heads.ts';
import type { Params } from '../model/params.ts';
import {
  type Pretrained,
  type PretrainedOptions,
  type PretrainingInputs,
  pretrained,
} from '../model/purposes/pretraining.ts';
import { pretraining } from '../tasks/pretraining.ts';

/** Whether a description is of a model with the heads of pre-training. */
export const isPretrained = ({ task }: Pick<ModelConfig, 'task'>): boolean => task === pretraining.name;

/**
 * Stage 1 of a described model, in symbols. Only a dual encoder has a space in which images and texts are compared; it
 * is as wide as the model (VLMo code).
 */
export const pretrainedBy = (
  config: ModelConfig,
  p: Params,
  inputs: PretrainingInputs,
  asked: Pick<PretrainedOptions, 'pairs'> = {},
): Pretrained => {
  const { model, sizes, decoder = 'tied' } = config;
  const contrast = model === 'dide' ? { space: sizes.width, pairs: 'both' as const } : {};
  return pretrained(architectureOf(config), p, inputs, { sizes, decoder, ...asked, ...contrast });
};

/** What a described model answers: through the head of its task, or whether text and image belong together. */
export const answeredBy = (config: ModelConfig, p: Params, inputs: Inputs): Answered => {
  const { sizes, task, answers } = config;
  const model = architectureOf(config);
  if (!isPretrained(config)) return answered(model, p, inputs, { sizes, head: { task, answers: answers.length } });
  const encoded = model.encode(p, inputs, sizes);
  return { encoded, logits: matchingHead(p, encoded[0]!.pair) };
};
