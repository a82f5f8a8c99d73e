import { UserError } from '../errors.ts';
import { pretraining } from '../tasks/pretraining.ts';
import { retrieval } from '../tasks/retrieval.ts';
import type { Task } from '../tasks/task.ts';
import type { Shapes } from './check-shapes.ts';

/** A head's name before its layers, as ViLT's and DiDE's own code name them: `vqa_classifier`, SNLI-VE's `ve_classifier`. */
export const headName = (task: string): string => `${task}_classifier`;

/** Heads of pre-training and of retrieval, which no classifier reads. */
export const otherHeads: readonly RegExp[] = [/^(mlm_score|itm_score|mpp_score|rank_output|itc)\./];

/** The names of a task's heads before their layers. What a file has of them is read, what it lacks begins at random. */
export const headsOf = (task: string): readonly string[] => {
  if (task === pretraining.name) return ['itm_score', 'mlm_score', 'itc'];
  return task === retrieval.name ? ['rank_output', 'itm_score', 'itc'] : [headName(task)];
};

/** Whether a parameter is part of a head of this name. */
export const isOf = (head: string, name: string): boolean => name.startsWith(`${head}.`);

/** The heads of a task that a model has and a file lacks. */
export const headsMissing = (task: string, wanted: Shapes, found: Shapes): string[] => {
  const has = (shapes: Shapes, head: string): boolean => [...shapes.keys()].some((name) => isOf(head, name));
  return headsOf(task).filter((head) => has(wanted, head) && !has(found, head));
};

/** Whether a parameter is part of a head that the task does not have. */
export const isOfOther = (name: string, task: string): boolean =>
  (otherHeads.some((rule) => rule.test(name)) || /^[^.]+_classifier\./.test(name)) &&
  !headsOf(task).some((head) => isOf(head, name));

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
