import { UserError } from '../errors.ts';
import type { Goal } from '../model/config.ts';
import { pretraining, retrieval } from '../tasks/captions.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { snliVe } from '../tasks/snli-ve.ts';
import { vqa } from '../tasks/vqa.ts';
import type { HuggingFaceConfig } from './beside/config.ts';
import type { Shapes } from './check-shapes.ts';
import { classifierTasks } from './heads.ts';

const tasks: readonly Goal[] = [vqa, nlvr2, snliVe];

/** Tasks of transformers' classes. All of them name their head `classifier`. */
const classes: Readonly<Record<string, Goal>> = {
  ViltForQuestionAnswering: vqa,
  ViltForImagesAndTextClassification: nlvr2,
  ViltForImageAndTextRetrieval: retrieval,
  ViltForMaskedLM: pretraining,
};

/** Task of the class that a config.json names. */
export const taskOfClass = (config: HuggingFaceConfig | undefined): Goal | undefined =>
  config?.architectures?.flatMap((name) => classes[name] ?? [])[0];

/** Task by its name, where it is one that this library knows. */
export const knownTask = (name: string): Goal | undefined => tasks.find((task) => task.name === name);

/**
 * Infers the task of a checkpoint that was not saved by this library: that of its only classifier, or of its class in
 * config.json.
 *
 * @throws UserError where neither says it.
 */
export const inferTask = (shapes: Shapes, config: HuggingFaceConfig | undefined, path: string): Goal => {
  const named = tasks.filter(({ name }) => classifierTasks(shapes).includes(name));
  const found = named.length === 1 ? named[0] : taskOfClass(config);
  if (found) return found;
  const choices = [...tasks, retrieval, pretraining].map(({ name }) => name);
  throw new UserError(`${path}: it does not say its task: give --task ${choices.join(' or --task ')}`);
};
