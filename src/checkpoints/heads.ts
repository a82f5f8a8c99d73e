import { UserError } from '../errors.ts';
import type { Goal, ModelConfig } from '../model/config.ts';
import { classifierName } from '../model/purposes/answering.ts';
import type { Shapes } from './check-shapes.ts';

/** Whether a parameter is part of a head of pre-training or retrieval, which are no classifiers. */
export const isPretrainingHead = (name: string): boolean =>
  /^(mlm_score|itm_score|mpp_score|rank_output|itc)\./.test(name);

/** Whether a parameter is part of the head of this name. */
export const isPartOf = (head: string, name: string): boolean => name.startsWith(`${head}.`);

/** Names of the heads that a model has and a file lacks. */
export const missingHeads = (heads: readonly string[], expected: Shapes, found: Shapes): string[] => {
  const has = (shapes: Shapes, head: string): boolean => [...shapes.keys()].some((name) => isPartOf(head, name));
  return heads.filter((head) => has(expected, head) && !has(found, head));
};

/** Whether a parameter is part of a head that is not among those of the model. */
export const isOtherHead = (name: string, heads: readonly string[]): boolean =>
  (isPretrainingHead(name) || /^[^.]+_classifier\./.test(name)) && !heads.some((head) => isPartOf(head, name));

/** Names of a model's heads: those of their parameters before the first dot. */
export const headsOf = ({ purpose, task }: Pick<ModelConfig, 'purpose' | 'task'>): readonly string[] =>
  purpose.heads(task);

/** Tasks of the classifiers among the names of a file's tensors. */
export const classifierTasks = (shapes: Shapes): string[] => {
  const tasks = [...shapes.keys()].flatMap((name) => /^([^.]+)_classifier\./.exec(name)?.[1] ?? []);
  return [...new Set(tasks)];
};

/**
 * Number of answers of a file's classifier for a task.
 *
 * @returns undefined where the file has no classifier at all, such as a pre-trained model.
 * @throws UserError where it has only the classifier of another task, or one over another number of images.
 */
export const answerCount = (
  shapes: Shapes,
  {
    task,
    width,
    path,
  }: { readonly task: Pick<Goal, 'name' | 'images'>; readonly width: number; readonly path: string },
): number | undefined => {
  const head = classifierName(task.name);
  const first = shapes.get(`${head}.0.weight`);
  const known = classifierTasks(shapes);
  if (!first && known.length > 0)
    throw new UserError(`${path} has no ${head}.0.weight: ${fineTunedFor(known, task.name)}`);
  if (first && first[1] !== task.images * width) {
    const images = (first[1] ?? 0) / width;
    throw new UserError(
      `${path}: its head reads ${images} ${images === 1 ? 'image' : 'images'} and ${task.name} asks about ${task.images}: it was fine-tuned for another task. Give another --task, or another checkpoint.`,
    );
  }
  return shapes.get(`${head}.3.weight`)?.[0];
};

const fineTunedFor = (known: readonly string[], task: string): string =>
  known.includes(task)
    ? 'that part of its head is missing. Copy it again.'
    : `it was fine-tuned for ${known.join(' and ')}. Give --task ${known[0]}, or another checkpoint.`;
