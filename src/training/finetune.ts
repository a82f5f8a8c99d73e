import type { Model } from '../checkpoints/model-file.ts';
import { type PreprocessorOptions, preprocessorFor } from '../inference/preprocessor.ts';
import { retrieval } from '../tasks/retrieval.ts';
import type { Task, TaskReading } from '../tasks/task.ts';
import { trainStage } from './loop.ts';
import { choicesSaid, type DistillationOptions, objectivesOf, type Recipe } from './losses.ts';
import { type TrainOptions, type TrainStep, train } from './stages/answering.ts';
import { type RetrievalOptions, retrievalStage, wantedToRetrieve } from './stages/retrieval.ts';
import { onRecords, trainOnRecords } from './teacher-outputs/train-on-cache.ts';

/** Everything of a training that the data and the recipe do not already say. */
export interface FinetuneOptions
  extends Omit<
      TrainOptions,
      | 'model'
      | 'teacher'
      | 'objectives'
      | 'identity'
      | 'teacherCache'
      | 'task'
      | 'examples'
      | 'validation'
      | 'preprocessor'
      | 'updates'
    >,
    PreprocessorOptions,
    TaskReading,
    DistillationOptions,
    RetrievalOptions {
  readonly task: Task;
  /** The folder of the data. */
  readonly data: string;
  /** Default: `soft+attention` with a teacher, `hard` without. */
  readonly recipe?: Recipe | undefined;
  /** Passes over the training examples. */
  readonly epochs?: number | undefined;
  /** Instead of epochs, a number of updates. */
  readonly updates?: number | undefined;
  /**
   * A folder in which what the teacher makes of each training example is computed once and kept in float16, instead of
   * anew at every update. Not with augmentation, which changes the example. Default: nothing is kept.
   */
  readonly cacheTeacher?: string | undefined;
}

/**
 * Stage 2: fine-tuning on a task, of a student distilled from a teacher or of any model on ground truth. The learner is
 * trained in place. Retrieval has no answers to be soft about: its student learns L_ITC + L_CA.
 */
export async function* finetune(
  model: Model,
  teacher: Model | undefined,
  options: FinetuneOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const { data, task, recipe = teacher ? 'soft+attention' : 'hard', epochs = 10, accumulation = 1, batch } = options;
  const { cacheTeacher } = options;
  const examples = await task.read(data, 'train', options);
  const validation = await task.read(data, options.selectOn ?? 'validation', options);
  const updates =
    options.updates ?? Math.max(1, Math.floor((Math.floor(examples.length / batch) * epochs) / accumulation));
  const run = {
    ...options,
    ...{ model, recipe, updates, preprocessor: preprocessorFor(model.config, options) },
    ...(teacher ? { teacher } : {}),
    identity: choicesSaid(options),
  };
  if (task.name === retrieval.name) {
    const splits = { examples, validation };
    if (cacheTeacher === undefined) yield* trainStage(retrievalStage(run, splits), run);
    else
      yield* onRecords(
        cacheTeacher,
        { ...run, examples },
        {
          wanted: (teacher) => wantedToRetrieve(run, teacher),
          train: (teacherCache) => trainStage(retrievalStage({ ...run, teacherCache }, splits), run),
        },
      );
    return;
  }
  const objectives = objectivesOf(recipe, model.config.scoring, options);
  const training = { ...run, objectives, examples, validation };
  if (cacheTeacher === undefined) yield* train(training);
  else yield* trainOnRecords(training, cacheTeacher);
}
