import type { Model } from '../checkpoints/model-file.ts';
import type { Example } from '../data/example.ts';
import { type PreprocessorOptions, preprocessorFor } from '../inference/preprocessor.ts';
import type { Learnable, TaskReading } from '../tasks/task.ts';
import { trainStage } from './loop.ts';
import { settingsOf, type Values } from './option-table.ts';
import { type RunOptions, type TrainingOptions, type TrainStep, trainingOptions } from './options.ts';
import { passesOver, warnOfLeftOut } from './passes.ts';
import type { LossOptions, retrievalOptions } from './stage-options.ts';
import type { StageOptions } from './stages/stage.ts';
import { defaultLosses, fineTuningOf } from './stages/stages.ts';
import { trainOnCachedTeacher } from './teacher-outputs/train-on-cache.ts';

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
 * @throws UserError where the data are wrong, or an option has no use for this model.
 */
export async function* finetune(model: Model, options: FinetuneOptions): AsyncGenerator<TrainStep, void, undefined> {
  const { task, data } = options;
  const { batch } = settingsOf(trainingOptions, options);
  const examples = await task.read(data, 'train', options);
  const validation = await task.read(data, options.selectOn ?? 'validation', options);
  warnOfLeftOut(examples.length, options);
  const { updates } = passesOver(examples.length, options);
  const preprocessor = preprocessorFor(model.config, { ...options, batch });
  yield* train(model, { ...options, examples, validation, updates, preprocessor });
}

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
