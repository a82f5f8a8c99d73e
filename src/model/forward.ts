import type { ModelConfig } from './config.ts';
import type { Inputs } from './inputs.ts';
import type { Answered } from './outputs.ts';
import type { Params } from './params.ts';

/**
 * Outputs of a model that answers: its encoders, and its head over the pair vectors of all images side by side.
 *
 * @throws Error where the model's purpose has no answers.
 */
export const forward = (
  config: Pick<ModelConfig, 'architecture' | 'purpose' | 'sizes' | 'task' | 'answers'>,
  p: Params,
  inputs: Inputs,
): Answered => {
  const { architecture, purpose, sizes } = config;
  if (!purpose.logits) throw new Error(`forward: a model for ${purpose.name} has no answers`);
  const encoded = architecture.encode(p, inputs, sizes);
  const pairs = encoded.map(({ pair }) => pair);
  return { encoded, logits: purpose.logits(config, p, pairs) };
};
