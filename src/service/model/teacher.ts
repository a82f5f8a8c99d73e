import type { Model } from '../../checkpoints/model-file.ts';
import { UserError } from '../../errors.ts';
import { openPredictor } from '../../inference/open-predictor.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { pairFeeds } from './warm-up.ts';

/** A fusion encoder that is loaded beside the model, to compare with. */
export interface Teacher {
  readonly model: Model;
  /** Median time of one text and one image through it, in milliseconds. */
  readonly pairMilliseconds: number;
}

/** Runs that are measured, as long as they take no longer than this together. */
const RUNS = 5;
const LONGEST = 3000;

/**
 * Measures what a teacher takes for one text and one image, after a run that compiles it.
 *
 * @throws UserError where it does something else than the model.
 */
export const measureTeacher = async (teacher: Model, model: Model, threads?: number): Promise<Teacher> => {
  const { task } = teacher.config;
  if (task !== model.config.task)
    throw new UserError(
      `the teacher (${task}) does something else than the model (${model.config.task}): give one of its task`,
    );
  await using predictor = await openPredictor(teacher, { threads });
  return { model: teacher, pairMilliseconds: await pairMilliseconds(predictor) };
};

const pairMilliseconds = async (predictor: Predictor): Promise<number> => {
  const feeds = pairFeeds(predictor);
  await predictor.logits(feeds);
  const times: number[] = [];
  for (let all = 0; times.length < RUNS && all < LONGEST; all += times.at(-1)!) {
    const began = performance.now();
    await predictor.logits(feeds);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
};
