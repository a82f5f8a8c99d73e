import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import { inOrder } from '../../data/loader.ts';
import { createMask, type MaskingOptions } from '../../data/masking.ts';
import { generator, keyOf } from '../../engine/random.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { openValidator } from '../../evaluation/evaluate.ts';
import { type PreprocessorOptions, preprocessorFor } from '../../inference/preprocessor.ts';
import { similarity } from '../../model/heads.ts';
import { forwardPretraining, MATCHING, pretrainingInputs } from '../../model/purposes/pretraining.ts';
import { crossModalAttention } from '../../objectives/cross-modal-attention-distillation.ts';
import type { QueryMask } from '../../objectives/divergence.ts';
import { imageTextContrastive } from '../../objectives/image-text-contrastive.ts';
import { imageTextMatching } from '../../objectives/image-text-matching.ts';
import { maskedLanguageModeling } from '../../objectives/masked-language-modeling.ts';
import { softLabels } from '../../objectives/soft-label-distillation.ts';
import { wordPatchAlignment } from '../../objectives/word-patch-alignment.ts';
import { pretraining } from '../../tasks/pretraining.ts';
import type { Task, TaskReading } from '../../tasks/task.ts';
import { openHardNegatives } from '../hard-negatives.ts';
import { trainStage } from '../loop.ts';
import { collatePairs, isMatched, matchingPairs } from '../matching-pairs.ts';
import type { RunOptions, TrainStep } from '../options.ts';
import { lengthGroupedOrder } from '../samplers/length-grouped.ts';
import type { Loss, Stage } from './stage.ts';

/** Everything of a pre-training that its data do not already say. */
export interface PretrainOptions
  extends Omit<RunOptions, 'model' | 'teacher' | 'preprocessor' | 'updates'>,
    PreprocessorOptions,
    TaskReading {
  /** The folder of images and captions. */
  readonly data: string;
  /** Passes over the training pairs. Default 10. */
  readonly epochs?: number | undefined;
  /** Instead of epochs, a number of updates. */
  readonly updates?: number | undefined;
  /** Which queries L_CA averages over. Default all, as the authors' code. */
  readonly queries?: QueryMask | undefined;
  /** How the folder is read. Default: images with captions in any layout, `pretraining.read`. */
  readonly read?: Task['read'] | undefined;
  /**
   * Which images half of the texts are to be matched with in vain: any of the data (default: ViLT's code), or those of
   * the batch that the learner finds most like the text (`openHardNegatives`; only a dual encoder can compare them).
   */
  readonly negatives?: 'random' | 'hard' | undefined;
  /** Weight of word-patch alignment: 0.1 as ViLT's teacher was pre-trained. Default 0: not computed. */
  readonly alignment?: number | undefined;
  /** How words are masked. Default: whole words, 15 %, the budget from a text's own length. */
  readonly masking?: Omit<MaskingOptions, 'vocabulary'> | undefined;
}

/**
 * Stage 1 (Wang et al. 2022, §3.3): a student learns matching and contrast from a teacher, and masked words from ground
 * truth.
 *
 *   (L_SL + L_CA) on the pairs of matching + (L_ITC + L_CA) on the matched pairs + L_MLM
 *
 * Without a teacher it is the pre-training of any model on ground truth: L_ITM + L_MLM, L_ITC where it has a space for
 * it, and word-patch alignment where that is given a weight. So a teacher is made, and the student that is not distilled. The learner is trained in place; validation is
 * the accuracy of matching.
 */
export async function* pretrain(
  model: Model,
  teacher: Model | undefined,
  options: PretrainOptions,
): AsyncGenerator<TrainStep, void, undefined> {
  const { data, epochs = 10, accumulation = 1, batch } = options;
  const { read = pretraining.read } = options;
  const examples = await read(data, 'train', options);
  const validation = await read(data, 'validation', options);
  const passes = (Math.floor(examples.length / batch) * epochs) / accumulation;
  const run = {
    ...options,
    ...{ model, ...(teacher ? { teacher } : {}), preprocessor: preprocessorFor(model.config, options) },
    updates: options.updates ?? Math.max(1, Math.floor(passes)),
  };
  yield* trainStage(pretrainingStage(run, { examples, validation }), run);
}

/** A run of stage 1, and how it differs from others of its kind. */
export type PretrainRun = RunOptions & Pick<PretrainOptions, 'queries' | 'masking' | 'negatives' | 'alignment'>;

/** Stage 1 as a value. */
export const pretrainingStage = (
  run: PretrainRun,
  { examples, validation }: { readonly examples: readonly Example[]; readonly validation: readonly Example[] },
): Stage => {
  const { model, preprocessor, updates, accumulation = 1, seed = 0, queries = 'all', masking = {} } = run;
  const { negatives = 'random', alignment = 0 } = run;
  const isHard = negatives === 'hard';
  const { config } = model;
  const { batch } = preprocessor;
  const order = lengthGroupedOrder(examples, { wanted: updates * accumulation * batch, batch, seed });
  const mask = createMask({ ...masking, vocabulary: config.vocabulary });
  return {
    losses: termsOf(run),
    batches: (from) => {
      const own = inOrder(examples, order.subarray(from * batch), batch);
      // those of hard negatives are paired once they are encoded
      return isHard ? own : paired(own, examples, (i) => generator(keyOf(seed, 'pairs', from + i)));
    },
    pictures: 'together',
    feeds: ({ feeds, examples: asked }, number) => ({
      ...mask(feeds.words!, feeds.word_mask!, generator(keyOf(seed, 'masking', number))),
      ...(isHard ? {} : collatePairs(matchingImages(asked))),
    }),
    ...(isHard && { extraFeeds: (weights) => openHardNegatives(weights, { ...run, config, seed }) }),
    validator: (parameters) => {
      const pairs = matchingPairs(validation, validation, generator(keyOf(0, 'validation')));
      return openValidator({ ...run, config, parameters, task: pretraining, examples: pairs });
    },
    identity: {
      ...{ model: config.architecture.name, stage: pretraining.name, teacher: run.teacher ? 1 : 0, queries },
      ...{ batch, examples: examples.length, masking: JSON.stringify(masking), negatives, alignment },
    },
  };
};

/** Batches of which those examples have a second image that are to be matched with another than their own. */
function* paired(
  batches: Iterable<readonly Example[]>,
  all: readonly Example[],
  randomOf: (batch: number) => () => number,
): Generator<readonly Example[], void, undefined> {
  let number = 0;
  for (const own of batches) {
    const pairs = matchingPairs(own, all, randomOf(number));
    yield own.map(({ images }, i) =>
      isMatched(pairs[i]!) ? pairs[i]! : { ...pairs[i]!, images: [...images, ...pairs[i]!.images] },
    );
    number += 1;
  }
}

/** The place of the image that each text is to be matched with: second images stand behind all first ones. */
const matchingImages = (examples: readonly Example[]): number[] => {
  const seconds = examples.filter(({ images }) => images.length > 1);
  return examples.map((example, own) => (example.images.length > 1 ? examples.length + seconds.indexOf(example) : own));
};

const termsOf =
  ({ model, teacher, queries = 'all', alignment = 0 }: PretrainRun): Stage['losses'] =>
  (p, t) => {
    const inputs = pretrainingInputs(model.config.sizes);
    const student = forwardPretraining(model.config, p, inputs, { pairs: teacher ? 'both' : 'matching' });
    const target = input('target', ['batch', MATCHING.length]);
    const { contrast, matching } = student;
    const ground = {
      ...(contrast && { itc: { ...once(imageTextContrastive(similarity(contrast))), contrast } }),
      mlm: once(maskedLanguageModeling(student.words, input('masked_labels', ['masked'], 'int32'))),
      // ground truth has no teacher to look at
      ...(alignment > 0 && { wpa: { loss: wordPatchAlignment()(matching, matching, target), weight: alignment } }),
    };
    if (!teacher) return { itm: once(imageTextMatching(matching, matching, target)), ...ground };
    const taught = forwardPretraining(teacher.config, t, inputs);
    const attention = crossModalAttention({ queries });
    const own = [student, taught].map(({ own, matching }) => ({ ...matching, encoded: [own!] }));
    return {
      'itm.soft': once(softLabels()(matching, taught.matching, target)),
      'itm.attention': once(attention(matching, taught.matching, target)),
      ...ground,
      'itc.attention': once(attention(own[0]!, own[1]!, target)),
    };
  };

const once = (loss: Tensor): Loss => ({ loss, weight: 1 });
