import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import { type Batch, inOrder } from '../../data/loader.ts';
import { createMask, type MaskingOptions } from '../../data/masking.ts';
import { generator, keyOf } from '../../engine/random.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import { openValidator } from '../../evaluation/evaluate.ts';
import { similarity } from '../../model/heads.ts';
import type { Answered, Encoded } from '../../model/outputs.ts';
import { forwardPretraining, MATCHING, type Pretrained, pretrainingInputs } from '../../model/purposes/pretraining.ts';
import { crossModalAttention } from '../../objectives/cross-modal-attention-distillation.ts';
import { imageTextContrastive, sharedContrastive } from '../../objectives/image-text-contrastive.ts';
import { imageTextMatching, matchingDistillation } from '../../objectives/image-text-matching.ts';
import { maskedLanguageModeling } from '../../objectives/masked-language-modeling.ts';
import { wordPatchAlignment } from '../../objectives/word-patch-alignment.ts';
import { pretraining } from '../../tasks/captions.ts';
import { scoreOf } from '../../tasks/task.ts';
import { openHardNegatives } from '../negatives/hard-negatives.ts';
import { isMatched, matchingPairs } from '../negatives/matching-pairs.ts';
import { identityOf, settingsOf, type Values } from '../option-table.ts';
import { type RunOptions, trainingOptions } from '../options.ts';
import { lengthGroupedOrder } from '../samplers/length-grouped.ts';
import { type Part, partOfMask, partOfPairs, wholeTexts } from '../shared/part.ts';
import { pretrainingOptions } from '../stage-options.ts';
import { objectiveLosses } from './objective-losses.ts';
import type { Loss, Splits, Stage } from './stage.ts';

/** Options of stage 1. */
export interface PretrainingRun extends RunOptions, Values<typeof pretrainingOptions> {
  readonly masking?: Omit<MaskingOptions, 'vocabulary'> | undefined;
}

/** Stage 1, in which a model learns from images with captions, as `pretrain` says. */
export const pretrainingStage = (model: Model, run: PretrainingRun, { examples, validation }: Splits): Stage => {
  const { preprocessor, updates, masking = {}, teacher, threads, processes } = run;
  const { config } = model;
  const { accumulation, seed } = settingsOf(trainingOptions, run);
  const isHard = settingsOf(pretrainingOptions, run).negatives === 'hard';
  const { batch } = preprocessor;
  const order = lengthGroupedOrder(examples, { length: updates * accumulation * batch, batch, seed });
  const mask = createMask({ ...masking, vocabulary: config.vocabulary });
  const { queries, ...identity } = identityOf(pretrainingOptions, run);
  return {
    ...pretrainingLosses(model, run),
    batches: (from) => {
      const own = inOrder(examples, order.subarray(from * batch), batch);
      // hard negatives are chosen once the batch is encoded
      return isHard ? own : withMatchingImages(own, examples, (i) => generator(keyOf(seed, 'pairs', from + i)));
    },
    pictures: 'together',
    feeds: (batch, number) => {
      const { words, word_mask } = wholeTexts(batch);
      const masked = partOfMask(mask(words, word_mask, generator(keyOf(seed, 'masking', number))), batch);
      const pairs = isHard ? undefined : ownPairs(batch);
      return {
        feeds: { ...masked.feeds, ...pairs?.feeds },
        rows: new Map([...masked.rows!, ...(pairs?.rows ?? [])]),
      };
    },
    extraFeeds: isHard ? (weights) => openHardNegatives(weights, { config, seed, threads, processes }) : undefined,
    validator: (parameters) => {
      const pairs = matchingPairs(validation, validation, generator(keyOf(0, 'validation')));
      return openValidator({ config, parameters, task: { score: scoreOf }, preprocessor, threads, examples: pairs });
    },
    identity: {
      ...{ model: config.architecture.name, stage: pretraining.name, teacher: teacher ? 1 : 0, queries: queries! },
      ...{ batch, examples: examples.length, masking: JSON.stringify(masking), ...identity },
    },
  };
};

/**
 * Adds to each text of the batches the image that it is to be matched with, as a second one where it is another than
 * the text's own: half of the texts.
 */
function* withMatchingImages(
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

/** Index of the image that each text is to be matched with: second images stand behind all first ones. */
const matchingImages = (examples: readonly Example[]): number[] => {
  const seconds = examples.filter(({ images }) => images.length > 1);
  return examples.map((example, own) => (example.images.length > 1 ? examples.length + seconds.indexOf(example) : own));
};

/** Pairs of matching whose images are read already. */
const ownPairs = (batch: Batch): Part => {
  const { examples } = batch.whole;
  const seconds = examples.filter(({ images }) => images.length > 1).length;
  return partOfPairs(matchingImages(examples), batch, examples.length + seconds);
};

/** Losses of stage 1, in symbols: of a student where there is a teacher, otherwise of ground truth alone. */
const pretrainingLosses = ({ config }: Model, run: PretrainingRun): Pick<Stage, 'losses' | 'teacherOutputs'> => {
  const { teacher } = run;
  const { queries, alignment } = settingsOf(pretrainingOptions, run);
  const inputs = pretrainingInputs(config.sizes);
  const target = input('target', ['batch', MATCHING.length]);
  const words = input('masked_labels', ['masked'], 'int32');
  return {
    teacherOutputs: teacher && ((t) => taughtBy(forwardPretraining(teacher.config, t, inputs))),
    losses: (p, taught: Taught | undefined) => {
      const student = forwardPretraining(config, p, inputs, { pairs: taught ? 'both' : 'matching' });
      const { contrast, matching, own } = student;
      const attention = crossModalAttention({ queries });
      return {
        ...(taught
          ? named(
              'itm',
              objectiveLosses(matchingDistillation({ queries }), { student: matching, teacher: taught, target }),
            )
          : { itm: unweighted(imageTextMatching(matching, matching, target)) }),
        ...(contrast && {
          itc: {
            ...unweighted(imageTextContrastive({ similarity: similarity(contrast) })),
            contrast: { vectors: contrast, objective: imageTextContrastive, shared: sharedContrastive },
          },
        }),
        mlm: unweighted(maskedLanguageModeling(student, student, words)),
        ...(alignment > 0 && { wpa: { loss: wordPatchAlignment()(matching, matching, target), weight: alignment } }),
        ...(taught && {
          'itc.attention': unweighted(attention({ encoded: [own!] }, { encoded: [taught.encoded[1]] }, target)),
        }),
      };
    },
  };
};

/** Outputs of the teacher: the pairs of matching with their logits, and behind them the matched pairs. */
type Taught = Answered & { readonly encoded: readonly [Encoded, Encoded] };

const taughtBy = ({ matching: { encoded, logits }, own }: Pretrained): Taught => ({
  encoded: [encoded[0]!, own!],
  logits,
});

/** The losses under longer names: `itm.soft` of `soft`. */
const named = (group: string, losses: Readonly<Record<string, Loss>>): Record<string, Loss> =>
  Object.fromEntries(Object.entries(losses).map(([name, loss]) => [`${group}.${name}`, loss]));

const unweighted = (loss: Tensor): Loss => ({ loss, weight: 1 });
