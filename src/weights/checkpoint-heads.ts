import { UserError } from '../errors.ts';
import type { Task } from '../tasks/task.ts';
import type { Shapes } from './match.ts';

/** A head's name before its layers, as ViLT's and DiDE's own code name them: `vqa_classifier`, SNLI-VE's `ve_classifier`. */
export const headName = (task: string): string => `${task}_classifier`;

/** Heads of pre-training and of retrieval, which no classifier reads. */
export const otherHeads: readonly RegExp[] = [/^(mlm_score|itm_score|mpp_score|rank_output|itc)\./];

/** The tasks of the classifiers among some names of ours. */
export const tasksIn = (shapes: Shapes): string[] => {
  const tasks = [...shapes.keys()].flatMap((name) => /^([^.]+)_classifier\./.exec(name)?.[1] ?? []);
  return [...new Set(tasks)];
};

/**
 * How many answers a file's head of the task gives, or nothing where the file has no classifier at all, as a
 * pre-trained model has none.
 *
 * @throws UserError where it has only the head of another task, or one over another number of images.
 */
export const answersOfHead = (
  shapes: Shapes,
  {
    task,
    width,
    path,
  }: { readonly task: Pick<Task, 'name' | 'images'>; readonly width: number; readonly path: string },
): number | undefined => {
  const head = headName(task.name);
  const first = shapes.get(`${head}.0.weight`);
  const known = tasksIn(shapes);
  if (!first && known.length > 0)
    throw new UserError(`${path} has no ${head}.0.weight: ${fineTuned(known, task.name)}`);
  if (first && first[1] !== task.images * width) {
    const images = (first[1] ?? 0) / width;
    throw new UserError(
      `${path}: its head reads ${images} ${images === 1 ? 'image' : 'images'} and ${task.name} asks about ${task.images}: it was fine-tuned for another task. Give another --task, or another checkpoint.`,
    );
  }
  return shapes.get(`${head}.3.weight`)?.[0];
};

const fineTuned = (known: readonly string[], wanted: string): string =>
  known.includes(wanted)
    ? 'that part of its head is missing. Copy it again.'
    : `it was fine-tuned for ${known.join(' and ')}. Give --task ${known[0]}, or another checkpoint.`;
