import { UserError } from '../errors.ts';
import type { Goal } from '../model/config.ts';
import { pretraining } from '../model/purposes/pretraining.ts';
import { retrieval } from '../model/purposes/retrieval.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { snliVe } from '../tasks/snli-ve.ts';
import { vqa } from '../tasks/vqa.ts';
import type { Shapes } from './check-shapes.ts';
import { classifierTasks } from './heads.ts';
import type { HuggingFaceConfig } from './infer-sizes.ts';

const tasks: readonly Goal[] = [vqa, nlvr2, snliVe];

/** What the classes of transformers are for; none of their tensors' names says it. */
const classes: Readonly<Record<string, Goal>> = {
  ViltForQuestionAnswering: vqa,
  ViltForImagesAndTextClassification: nlvr2,
  ViltForImageAndTextRetrieval: retrieval,
  ViltForMaskedLM: pretraining,
};

/**
 * Task of a checkpoint that was not saved by this library: that of its one classifier, or of its class in config.json.
 *
 * @throws UserError where neither says it.
 */
export const inferTask = (shapes: Shapes, config: HuggingFaceConfig | undefined, path: string): Goal => {
  const named = tasks.filter(({ name }) => classifierTasks(shapes).includes(name));
  const byClass = config?.architectures?.flatMap((name) => classes[name] ?? [])[0];
  const found = named.length === 1 ? named[0] : byClass;
  if (found) return found;
  const choices = [...tasks, retrieval, pretraining].map(({ name }) => name);
  throw new UserError(`${path}: it does not say its task: give --task ${choices.join(' or --task ')}`);
};
