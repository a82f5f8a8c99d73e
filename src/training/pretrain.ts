import type { Model } from '../checkpoints/model-file.ts';
import type { MaskingOptions } from '../data/masking.ts';
import { defaultDevice } from '../engine/runtime/device.ts';
import { type PreprocessorOptions, preprocessorFor } from '../inference/preprocessor.ts';
import type { ProcessOptions } from '../processes/processes.ts';
import { pretraining } from '../tasks/captions.ts';
import type { Learnable, TaskReading } from '../tasks/task.ts';
import { trainStage } from './loop.ts';
import type { Values } from './option-table.ts';
import type { TrainingOptions, TrainStep } from './options.ts';
import { passesOver, warnOfLeftOut } from './passes.ts';
import { pictureStyleOf } from './picture-style.ts';
import { wholeBatchOf } from './shared/whole-batch.ts';
import type { pretrainingOptions } from './stage-options.ts';
import { pretrainingStage } from './stages/pretraining.ts';
import { checkTrainingPrecision } from './updates/precision.ts';

/** Options of `pretrain`. */
export interface PretrainOptions
  extends TrainingOptions,
    Values<typeof pretrainingOptions>,
    TaskReading,
    ProcessOptions,
    Omit<PreprocessorOptions, 'batch'> {
  /** Folder of images with captions. */
  readonly data: string;
  /** Distils the model from this one. Default: it learns from ground truth alone. */
  readonly teacher?: Model | undefined;
  /** Reads a split of the folder. Default: images with captions, in any layout. */
  readonly read?: Learnable['read'] | undefined;
  /** Options of masking words. Default: whole words, 15 %, the budget from a text's own length. */
  readonly masking?: Omit<MaskingOptions, 'vocabulary'> | undefined;
}

/**
 * Stage 1 (Wang et al. 2022, §3.3): a student learns matching and contrast from a teacher, and masked words from ground
 * truth. The model is trained in place; validation is the accuracy of matching.
 *
 *   (L_SL + L_CA) on the pairs of matching + (L_ITC + L_CA) on the matched pairs + L_MLM
 *
 * Without a teacher it is the pre-training of any model on ground truth: L_ITM + L_MLM, L_ITC where the model is a dual
 * encoder, and word-patch alignment where that has a weight. So a teacher is made, and a student that is not distilled.
 *
 * @throws UserError where the data are wrong, or an option has no use for this model.
 */
export async function* pretrain(model: Model, given: PretrainOptions): AsyncGenerator<TrainStep, void, undefined> {
  const { data, read = pretraining.read, precision = 'float32' } = given;
  checkTrainingPrecision(precision, defaultDevice());
  const options = { ...given, batch: await wholeBatchOf(given) };
  const examples = await read(data, 'train', options);
  const validation = await read(data, 'validation', options);
  warnOfLeftOut(examples.length, options);
  const { updates } = passesOver(examples.length, options);
  const pictures = await pictureStyleOf(examples, options);
  const preprocessor = preprocessorFor(model.config, { ...options, pictures });
  const run = { ...options, pictures, updates, preprocessor };
  yield* trainStage(model, pretrainingStage(model, run, { examples, validation }), run);
}
