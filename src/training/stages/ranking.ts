import type { Model } from '../../checkpoints/model-file.ts';
import { collate } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import { inOrder } from '../../data/loader.ts';
import { createNegativeTexts } from '../../data/negative-texts.ts';
import { createTokenizer } from '../../data/tokenizer.ts';
import { generator, keyOf } from '../../engine/random.ts';
import { UserError } from '../../errors.ts';
import { candidateInputs, rankCandidates } from '../../model/purposes/ranking.ts';
import { retrievalPurpose as purpose } from '../../model/purposes/retrieval.ts';
import { textRanking } from '../../objectives/text-ranking.ts';
import { settingsOf } from '../option-table.ts';
import { trainingOptions } from '../options.ts';
import { lengthGroupedOrder } from '../samplers/length-grouped.ts';
import { retrievalOptions } from '../stage-options.ts';
import { fineTuningIdentity } from './fine-tuning-identity.ts';
import { galleryValidator, refuseAnswers, refuseFewImages } from './gallery.ts';
import type { Splits, Stage, StageOptions } from './stage.ts';

/** Images that are searched at a validation, where no other number is given: every pair of them is a whole pass. */
const GALLERY = 64;

/**
 * Stage in which a fusion encoder learns to retrieve, and so to teach: it ranks each image's own text before false ones
 * (ViLT code). It learns from ground truth alone.
 *
 * @throws UserError where a teacher is given, where the data have too few images, or an option is of answers.
 */
export const ranking = (model: Model, options: StageOptions, { examples, validation }: Splits): Stage => {
  const { preprocessor, updates, gallery: images = GALLERY, teacher, losses } = options;
  const { config } = model;
  const { accumulation, seed } = settingsOf(trainingOptions, options);
  const { falseTexts, sameWords } = settingsOf(retrievalOptions, options);
  const { batch } = preprocessor;
  const candidates = candidateInputs(config.sizes, 1 + falseTexts);
  refuseAnswers(options);
  if (losses.soft || losses.ranking) {
    throw new UserError(
      'retrieval: a fusion encoder learns from ground truth alone: leave soft and ranking out of its losses',
    );
  }
  if (teacher) throw new UserError('retrieval: a fusion encoder learns from ground truth alone: leave the teacher out');
  refuseFewImages(examples, 2);
  const order = lengthGroupedOrder(examples, { length: updates * accumulation * batch, batch, seed });
  return {
    losses: (p) => ({ rank: { loss: textRanking({ scores: rankCandidates(config, p, candidates) }), weight: 1 } }),
    batches: (from) => inOrder(examples, order.subarray(from * batch), batch),
    feeds: candidateTexts(model, options, examples),
    validator: galleryValidator(model, options, { validation, images }),
    identity: fineTuningIdentity(options, {
      ...{ model: config.architecture.name, stage: purpose.name, batch, examples: examples.length },
      ...{ attention: 0, gallery: images, falseTexts },
      ...(sameWords > 0 && { sameWords }),
    }),
  };
};

/** Words of each image's candidate texts, its own first, in place of its own text alone: [batch, candidates, words]. */
const candidateTexts = (
  { config: { sizes, vocabulary, words: rules } }: Model,
  options: StageOptions,
  examples: readonly Example[],
): Stage['feeds'] => {
  const { seed } = settingsOf(trainingOptions, options);
  const { falseTexts: count, sameWords } = settingsOf(retrievalOptions, options);
  const negatives = createNegativeTexts(examples);
  const tokenizer = createTokenizer(vocabulary, rules);
  return ({ examples: asked, whole }, number) => {
    const random = generator(keyOf(seed, 'false texts', number));
    // drawn for the whole batch, of which others may read a part
    const drawn = whole.examples.map((one) => [one.text, ...negatives(one, { count, random, sameWords })]);
    const texts = drawn.slice(whole.from, whole.from + asked.length).flat();
    const words = texts.map((text) => tokenizer.encode(text, { limit: sizes.words }).ids);
    const encoded = words.map((ids) => ({ id: purpose.name, words: ids, images: [] }));
    const feeds = Object.entries(collate(encoded, options.preprocessor.collate));
    const named = feeds.map(([name, { shape, data }]) => [name, { shape: [asked.length, 1 + count, shape[1]!], data }]);
    return { feeds: Object.fromEntries(named) };
  };
};
