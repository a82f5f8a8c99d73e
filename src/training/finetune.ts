import type { Model } from '../checkpoints/model-file.ts';
import type { Example } from '../data/example.ts';
import { defaultDevice } from '../engine/runtime/device.ts';
import { UserError } from '../errors.ts';
import { type PreprocessorOptions, preprocessorFor } from '../inference/preprocessor.ts';
import type { ProcessOptions } from '../processes/processes.ts';
import { isTask, type Learnable, type TaskReading } from '../tasks/task.ts';
import { withKnownAnswers } from './known-answers.ts';
import { trainStage } from './loop.ts';
import type { Values } from './option-table.ts';
import type { RunOptions, TrainingOptions, TrainStep } from './options.ts';
import { passesOver, warnOfLeftOut } from './passes.ts';
import { pictureStyleOf } from './picture-style.ts';
import { wholeBatchOf } from './shared/whole-batch.ts';
import type { LossOptions, retrievalOptions } from './stage-options.ts';
import type { Splits, StageOptions } from './stages/stage.ts';
import { defaultLosses, fineTuningOf } from './stages/stages.ts';
import { trainOnCachedTeacher } from './teacher-outputs/train-on-cache.ts';
import { checkTrainingPrecision } from './updates/precision.ts';

/** Options of fine-tuning that decide what is learnt, and from whom. */
interface LearningOptions
  extends LossOptions,
    Values<typeof retrievalOptions>,
    Pick<StageOptions, 'task' | 'selectOn'> {
  /** Distils the model from this one. Default: it learns from ground truth alone. */
  readonly teacher?: Model | undefined;
  /**
   * Folder in which the teacher's outputs for each training example are kept in float16, computed once instead of at
   * every update. Not with augmentation, which changes the example. Default: nothing is kept.
   */
  readonly cacheTeacher?: string | undefined;
  /**
   * Ends the filling of `cacheTeacher` by throwing the reason of its abortion; what is kept by then is used next time.
   * A training ends where its loop is left.
   */
  readonly signal?: AbortSignal | undefined;
  /** Receives warnings, such as of examples that are left out. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Options of `train`. */
export interface TrainOptions extends RunOptions, LearningOptions {
  readonly examples: readonly Example[];
  readonly validation: readonly Example[];
}

/** Options of `finetune`. */
export interface FinetuneOptions
  extends TrainingOptions,
    LearningOptions,
    TaskReading,
    ProcessOptions,
    Omit<PreprocessorOptions, 'batch'> {
  /** Task, or `retrieval`. */
  readonly task: Learnable;
  /** Folder of the data. */
  readonly data: string;
}

/**
 * Stage 2 (Wang et al. 2022, §3.3): fine-tunes a model on a task, distilling it from a teacher where one is given. The
 * model is trained in place. By default a student that answers learns L_SL + L_CA, one that retrieves L_ITC + L_CA, and
 * a model without a teacher ground truth.
 *
 *   for await (const { number, losses } of finetune(student, { teacher, task: vqa, data: 'data/vqa' })) …
 *
 * Given `processes`, each trains on `batch` examples of its own at a time, and all come to the weights of one process that
 * trains on all of them; the first validates and writes.
 *
 * Training examples without a known answer are left out where ground truth is learnt, and `onWarning` hears of it.
 *
 * @throws UserError where the data are wrong, the model is for another task, or an option has no use for it.
 */
export async function* finetune(model: Model, given: FinetuneOptions): AsyncGenerator<TrainStep, void, undefined> {
  const { task, precision = 'float32' } = given;
  checkTrainingPrecision(precision, defaultDevice());
  const batch = await wholeBatchOf(given);
  const options = { ...given, batch };
  checkTask(model, task);
  const splits = await readSplits(options);
  const { examples, validation } = isTask(task) ? withKnownAnswers(model, splits, options) : splits;
  warnOfLeftOut(examples.length, options);
  const { updates } = passesOver(examples.length, options);
  const pictures = await pictureStyleOf(examples, options);
  const preprocessor = preprocessorFor(model.config, { ...options, pictures });
  yield* train(model, { ...options, pictures, examples, validation, updates, preprocessor });
}

/** @throws UserError where the model is for another task. */
const checkTask = ({ config }: Model, { name }: Learnable): void => {
  fineTuningOf(config);
  if (config.task === name) return;
  throw new UserError(
    `finetune: the model is for ${config.task}, and the task is ${name}: give it a head for that: adaptModel(model, { task, answers })`,
  );
};

const readSplits = async (options: FinetuneOptions): Promise<Splits> => {
  const { task, data, selectOn = 'validation' } = options;
  return { examples: await task.read(data, 'train', options), validation: await task.read(data, selectOn, options) };
};

/** Fine-tunes as `finetune` does, on examples that are read already. */
export async function* train(
  model: Model,
  { examples, validation, ...options }: TrainOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const { teacher, cacheTeacher: cacheFolder, losses = defaultLosses(model.config, teacher) } = options;
  const stage = fineTuningOf(model.config).createStage(model, { ...options, losses }, { examples, validation });
  if (cacheFolder === undefined) yield* trainStage(model, stage, options);
  else yield* trainOnCachedTeacher(model, stage, { ...options, cacheFolder, examples });
}
