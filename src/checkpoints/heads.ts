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
  if (!first && known.length > 0) throw new UserError(`${path} ${otherHead(shapes, task.name, known)}`);
  if (first && first[1] !== task.images * width) {
    throw new UserError(`${path}: ${otherImages(first, task, width)}`);
  }
  return shapes.get(`${head}.3.weight`)?.[0];
};

/** Says what a file has instead of the first layer of a task's head. */
const otherHead = (shapes: Shapes, task: string, known: readonly string[]): string => {
  const head = classifierName(task);
  if (!known.includes(task)) {
    const others = `it was fine-tuned for ${known.join(' and ')}`;
    return `has no ${head}.0.weight: ${others}. Give --task ${known[0]}, or another checkpoint.`;
  }
  const parts = [...shapes].filter(([name]) => isPartOf(head, name));
  const listed = parts.map(([name, shape]) => `${name} [${shape.join(', ')}]`).join(', ');
  const read = `the heads of ViLT and DiDE are a Linear (${head}.0), a LayerNorm (.1) and a Linear (.3), and no others are read`;
  return `has ${listed}, and no ${head}.0.weight: ${read}: give a checkpoint with such a head, or one without any, which gets a fresh one`;
};

/** Says how many images a head reads, where the task has another number. */
const otherImages = (
  [, inputs = 0]: readonly number[],
  { name, images }: Pick<Goal, 'name' | 'images'>,
  width: number,
): string => {
  const count = inputs / width;
  const asked = `${name} asks about ${images}`;
  if (!Number.isInteger(count)) {
    return `its head reads ${inputs} numbers, which are no pair vectors of ${width}, and ${asked}: give a ViLT or DiDE`;
  }
  const reads = `its head reads ${count} ${count === 1 ? 'image' : 'images'} and ${asked}`;
  return count > 2
    ? `${reads}: heads over more than 2 images are not read. Give a checkpoint over 1 or 2.`
    : `${reads}: it was fine-tuned for another task. Give another --task, or another checkpoint.`;
};
