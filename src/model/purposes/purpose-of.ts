import type { Architecture } from '../architecture.ts';
import type { Goal, ModelConfig, Purpose } from '../config.ts';
import { answeringPurpose } from './answering.ts';
import { pretrainingPurpose } from './pretraining.ts';
import { rankingPurpose } from './ranking.ts';
import { retrievalPurpose } from './retrieval.ts';

/** Purpose of a model, by the task that its file names: the one place where these names are read. */
export const purposeOf = (task: string, { towers }: Pick<Architecture, 'towers'>): Purpose => {
  if (task === pretrainingPurpose.goal.name) return pretrainingPurpose;
  if (task === retrievalPurpose.goal.name) return towers ? retrievalPurpose : rankingPurpose;
  return answeringPurpose;
};

/**
 * Config of a model for a task, or for `retrieval` or `pretraining`.
 *
 * @param options.task Gives the name of the head, the number of images and the scoring.
 */
export const createConfig = (
  options: Pick<ModelConfig, 'architecture' | 'sizes' | 'answers' | 'vocabulary' | 'words' | 'pictures' | 'decoder'> &
    Partial<Pick<ModelConfig, 'recipe'>> & { readonly task: Omit<Goal, 'answers'> },
): ModelConfig => {
  const { task, recipe = {}, ...config } = options;
  const purpose = purposeOf(task.name, config.architecture);
  return { ...config, purpose, task: task.name, images: task.images, scoring: task.scoring, recipe };
};
