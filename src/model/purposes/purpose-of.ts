import type { Architecture } from '../architecture.ts';
import type { Goal, ModelConfig, Purpose } from '../config.ts';
import { answering } from './answering.ts';
import { pretraining } from './pretraining.ts';
import { ranking } from './ranking.ts';
import { retrieval } from './retrieval.ts';

/** Purpose of a model, by the task that its file names: the one place where these names are read. */
export const purposeOf = (task: string, { towers }: Pick<Architecture, 'towers'>): Purpose => {
  if (task === pretraining.name) return pretraining;
  if (task === retrieval.name) return towers ? retrieval : ranking;
  return answering;
};

/**
 * Config of a model for a task, or for `retrieval` or `pretraining`.
 *
 * @param options.task Gives the name of the head, the number of images and the scoring.
 */
export const createConfig = (
  options: Pick<ModelConfig, 'architecture' | 'sizes' | 'answers' | 'vocabulary' | 'decoder'> &
    Partial<Pick<ModelConfig, 'recipe'>> & { readonly task: Omit<Goal, 'answers'> },
): ModelConfig => {
  const { task, recipe = {}, ...config } = options;
  const purpose = purposeOf(task.name, config.architecture);
  return { ...config, purpose, task: task.name, images: task.images, scoring: task.scoring, recipe };
};
