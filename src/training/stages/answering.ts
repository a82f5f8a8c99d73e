import { collateAnswers } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import { inOrder } from '../../data/loader.ts';
import { input } from '../../engine/tensor.ts';
import { openValidator } from '../../evaluation/evaluate.ts';
import { forward } from '../../model/forward.ts';
import { inputsFor } from '../../model/inputs.ts';
import type { Objectives } from '../../objectives/objective.ts';
import type { Task } from '../../tasks/task.ts';
import { trainStage } from '../loop.ts';
import type { RunOptions, TrainStep } from '../options.ts';
import { lengthGroupedOrder } from '../samplers/length-grouped.ts';
import { feeding, type TeacherCache } from '../teacher-outputs/cache.ts';
import { teacherPlaceholder } from '../teacher-outputs/placeholder.ts';
import { objectiveLosses } from './objective-losses.ts';
import type { Stage } from './stage.ts';

export type { TrainStep } from '../options.ts';

/** A training on a task, whole. */
export interface TrainOptions extends RunOptions {
  readonly objectives: Objectives;
  readonly task: Task;
  readonly examples: readonly Example[];
  readonly validation: readonly Example[];
  /**
   * The split that `validation` is, on which the best weights are chosen; the run remembers it where it is another one
   * than `validation`. A number of the split that chose the weights is no longer one of data never seen.
   */
  readonly selectOn?: string | undefined;
  /** What else decides which bits come out, for the run to remember. */
  readonly identity?: Readonly<Record<string, string | number>> | undefined;
  /** What the teacher makes of the examples, computed before; then it is no part of the training's graph. */
  readonly teacherCache?: Pick<TeacherCache, 'feeds'> | undefined;
}

/** Trains on a task: `trainStage`, of the stage that these options describe. */
export async function* train(options: TrainOptions): AsyncGenerator<TrainStep, void, undefined> {
  yield* trainStage(answering(options), options);
}

/** The stage in which a model learns to answer the questions of a task. */
const answering = (options: TrainOptions): Stage => {
  const { model, task, examples, validation, preprocessor, updates, accumulation = 1, seed = 0 } = options;
  const { teacherCache } = options;
  const { answers } = model.config;
  const order = lengthGroupedOrder(examples, {
    wanted: updates * accumulation * preprocessor.batch,
    batch: preprocessor.batch,
    seed,
  });
  return {
    losses: termsOf(options),
    batches: (from) => inOrder(examples, order.subarray(from * preprocessor.batch), preprocessor.batch),
    feeds: (batch) => ({ target: collateAnswers(batch.examples, answers, { outside: 'ignore' }) }),
    ...(teacherCache && { extraFeeds: feeding(teacherCache) }),
    validator: (parameters) =>
      openValidator({ ...options, config: model.config, parameters, task, examples: validation }),
    identity: {
      ...options.identity,
      ...(teacherCache ? { teacher: 'cached as float16' } : {}),
      ...{
        model: model.config.architecture.name,
        objectives: namesOf(options.objectives),
        batch: preprocessor.batch,
        examples: examples.length,
      },
      ...(options.selectOn === undefined || options.selectOn === 'validation' ? {} : { selectOn: options.selectOn }),
    },
  };
};

const namesOf = (objectives: Objectives): string =>
  Object.entries(objectives)
    .map(([name, { weight }]) => `${name} x ${weight}`)
    .join(' + ');

/** Losses of the objectives over the answers of model and teacher, as `objectiveLosses` builds them. */
export const termsOf =
  ({
    model,
    teacher,
    objectives,
    teacherCache,
  }: Pick<TrainOptions, 'model' | 'teacher' | 'objectives' | 'teacherCache'>): Stage['losses'] =>
  (p, t) => {
    const { config } = model;
    const inputs = inputsFor(config.sizes, { images: config.images });
    const student = forward(config, p, inputs);
    const whole = teacher && forward(teacher.config, t, inputs);
    const taught = whole && (teacherCache ? teacherPlaceholder(whole) : whole);
    return objectiveLosses(objectives, {
      ...{ student, teacher: taught },
      target: input('target', ['batch', config.answers.length]),
    });
  };
