import { type Identity, phrasesOf } from '../option-table.ts';
import { lossOptions } from '../stage-options.ts';
import type { StageOptions } from './stage.ts';

/**
 * Identity of a stage of fine-tuning: how its losses are compared, in words (their weights are the stage's own to say),
 * then the stage's own values, then the split that chooses the best weights. What is as usual is not said.
 */
export const fineTuningIdentity = (options: StageOptions, own: Identity): Identity => {
  const choices = phrasesOf(lossOptions, options);
  const { selectOn = 'validation' } = options;
  return { ...(choices !== '' && { choices }), ...own, ...(selectOn !== 'validation' && { selectOn }) };
};
