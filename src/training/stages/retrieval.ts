import type { Model } from '../../checkpoints/model-file.ts';
import { collate } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import { inOrder } from '../../data/loader.ts';
import { negativeTexts } from '../../data/negative-texts.ts';
import { createTokenizer } from '../../data/tokenizer.ts';
import { generator, keyOf } from '../../engine/random.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import { scoreGallery } from '../../evaluation/score-retrieval.ts';
import { type Inputs, inputsFor } from '../../model/inputs.ts';
import type { Encoded, Streams } from '../../model/outputs.ts';
import { createParams, type Params } from '../../model/params.ts';
import { candidateInputs, rankCandidates } from '../../model/purposes/ranking.ts';
import { retrieve } from '../../model/purposes/retrieval.ts';
import {
  type AttentionOptions,
  crossModalAttentionDistillation,
} from '../../objectives/cross-modal-attention-distillation.ts';
import { imageTextContrastive } from '../../objectives/image-text-contrastive.ts';
import { everyLayer } from '../../objectives/layers.ts';
import { textRanking } from '../../objectives/text-ranking.ts';
import { firstImages, galleryOf, meanRecall } from '../../tasks/metrics/recall.ts';
import { retrieval } from '../../tasks/retrieval.ts';
import type { DistillationOptions, Recipe } from '../losses.ts';
import type { RunOptions } from '../options.ts';
import { lengthGroupedOrder } from '../samplers/length-grouped.ts';
import { uniquePairGroups } from '../samplers/unique-pairs.ts';
import { feeding, type TeacherCache } from '../teacher-outputs/cache.ts';
import { type TeacherOutputs, teacherPlaceholder, tensorsUsedBy } from '../teacher-outputs/placeholder.ts';
import type { Loss, Stage } from './stage.ts';

/** What a training to retrieve has beside what every training has. */
export interface RetrievalOptions {
  /** Texts that each image must tell its own from, where a fusion encoder learns. Default 15, as ViLT. */
  readonly falseTexts?: number | undefined;
  /**
   * Images of the validation split that are searched with their texts, the first ones. A fusion encoder passes over
   * every pair of them. Default: 1000 for a dual encoder, 64 for a fusion encoder.
   */
  readonly gallery?: number | undefined;
}

/** A training to retrieve, and how it differs from others of its kind. */
export interface RetrievalRun extends RunOptions, RetrievalOptions, DistillationOptions {
  /** `hard`: contrast alone. Default, with a teacher: its attention too. */
  readonly recipe?: Recipe | undefined;
  /** The split that `validation` is; the run remembers it where it is another one. */
  readonly selectOn?: string | undefined;
  /** What else decides which bits come out, for the run to remember. */
  readonly identity?: Stage['identity'] | undefined;
  /** What the teacher makes of the examples, computed before; then it is no part of the training's graph. */
  readonly teacherCache?: Pick<TeacherCache, 'feeds'> | undefined;
}

interface Splits {
  readonly examples: readonly Example[];
  readonly validation: readonly Example[];
}

/**
 * Fine-tuning to retrieve, as a value.
 *
 * A dual encoder learns from batches of matched pairs (Wang et al. 2022, §3.3): L_ITC + L_CA with a teacher, L_ITC
 * without. A fusion encoder, which is to be a teacher, learns to rank each image's text before false ones (ViLT code).
 *
 * Validation is the mean of text R@1 and image R@1 over some of the validation images and all of their texts.
 *
 * @throws UserError where a fusion encoder is to learn from a teacher, or the data have too few images.
 */
export const retrievalStage = (run: RetrievalRun, { examples, validation }: Splits): Stage => {
  const { model, preprocessor, threads, selectOn = 'validation' } = run;
  const { config } = model;
  const isDual = config.architecture.towers !== undefined;
  checkRun(run, examples);
  const { gallery: images = isDual ? 1000 : 64 } = run;
  const gallery = firstImages(galleryOf(validation), images);
  const scoring = { preprocessor, ...(threads === undefined ? {} : { threads }) };
  return {
    ...(isDual ? contrasting(run, examples) : ranking(run, examples)),
    validator: async (weights) => ({
      accuracy: async () => {
        const { scores, ...read } = await scoreGallery({ config, weights }, gallery, scoring);
        return meanRecall(scores, read);
      },
      [Symbol.asyncDispose]: async () => {},
    }),
    identity: {
      ...run.identity,
      ...{
        model: config.architecture.name,
        stage: retrieval.name,
        batch: preprocessor.batch,
        examples: examples.length,
      },
      ...{ attention: isDistilled(run) ? attentionWeightOf(run) : 0, gallery: images },
      ...(run.teacherCache ? { teacher: 'cached as float16' } : {}),
      ...(isDual ? {} : { falseTexts: falseTextsOf(run) }),
      ...(selectOn === 'validation' ? {} : { selectOn }),
    },
  };
};

const falseTextsOf = ({ falseTexts = 15 }: RetrievalOptions): number => falseTexts;

const attentionWeightOf = ({ attentionWeight = 1 }: DistillationOptions): number => attentionWeight;

const isDistilled = ({ teacher, recipe, ...run }: RetrievalRun): boolean => {
  const { knowledge = recipe === 'hard' ? 'none' : 'cross-modal' } = run;
  return teacher !== undefined && knowledge !== 'none' && attentionWeightOf(run) > 0;
};

const checkRun = (run: RetrievalRun, examples: readonly Example[]): void => {
  const { model, teacher, preprocessor, accumulation = 1 } = run;
  refuseAnswers(run);
  const { towers } = model.config.architecture;
  if (!towers && teacher)
    throw new UserError('retrieval: a fusion encoder learns from ground truth alone: leave the teacher out');
  const images = galleryOf(examples).images.length;
  const needed = towers ? preprocessor.batch * accumulation : 2;
  if (images < needed)
    throw new UserError(
      `retrieval: an update wants ${needed} images, each once, and the training data have ${images}: give a smaller batch, or more data`,
    );
};

/** Retrieval has no answers, and so no soft ones; and its ground truth is all that there is beside attention. */
const refuseAnswers = ({ recipe, knowledge = 'none', softWeight, hardWeight, temperature }: RetrievalRun): void => {
  const wrong = [
    ...(recipe === 'soft' ? ['the recipe soft: give soft+attention, or hard'] : []),
    ...(['none', 'cross-modal'].includes(knowledge) ? [] : [`the knowledge ${knowledge}: give cross-modal, or none`]),
    ...(softWeight || hardWeight || temperature ? ['weights or a temperature of answers: leave them out'] : []),
  ][0];
  if (wrong !== undefined) throw new UserError(`retrieval: it has no answers, and so no use for ${wrong}`);
};

type Part = Pick<Stage, 'losses' | 'batches' | 'feeds' | 'extraFeeds'>;

/** L_ITC + L_CA over batches in which no image and no text stands twice. */
const contrasting = (run: RetrievalRun, examples: readonly Example[]): Part => {
  const { model, teacher, teacherCache, preprocessor, updates, accumulation = 1, seed = 0 } = run;
  return {
    losses: (p, t) => {
      const inputs = inputsFor(model.config.sizes);
      const student = retrieve(model.config, p, inputs);
      const itc: Loss = { ...once(imageTextContrastive(student.similarity)), contrast: student.contrast };
      if (!teacher || !isDistilled(run)) return { itc };
      const whole = { encoded: encodedBy(teacher, t, inputs) };
      const taught = teacherCache ? teacherPlaceholder(whole) : whole;
      return { itc, attention: { loss: attentionLoss(run, student, taught), weight: attentionWeightOf(run) } };
    },
    ...(teacherCache && { extraFeeds: feeding(teacherCache) }),
    // the groups of a run follow from each other, so those before are drawn again where it is resumed
    batches: function* (from) {
      const size = preprocessor.batch * accumulation;
      let number = 0;
      for (const group of uniquePairGroups(examples, { groups: updates, size, seed })) {
        for (let i = 0; i < accumulation; i += 1, number += 1) {
          const [start, end] = [i, i + 1].map((part) => Math.floor((part * group.length) / accumulation));
          if (number >= from) yield group.slice(start, end);
        }
      }
    },
    feeds: () => ({}),
  };
};

const encodedBy = ({ config }: Model, t: Params, inputs: Inputs): readonly Encoded[] =>
  config.architecture.encode(t, inputs, config.sizes);

const attentionLoss = (run: RetrievalRun, student: Streams, { encoded: [taught] }: TeacherOutputs): Tensor =>
  crossModalAttentionDistillation(student, taught!, attentionOptionsOf(run, [student, taught!]));

/** What a student that learns to retrieve looks at in its teacher: nothing where it learns by contrast alone. */
export const wantedToRetrieve = (run: RetrievalRun, teacher: Model): Map<string, Tensor> => {
  const { config } = run.model;
  const inputs = inputsFor(config.sizes);
  const student = retrieve(config, createParams(), inputs);
  return tensorsUsedBy({ encoded: encodedBy(teacher, createParams(), inputs) }, (kept) =>
    isDistilled(run) ? [attentionLoss(run, student, kept)] : [],
  );
};

/** How L_CA is varied, as in `objectivesOf`. */
const attentionOptionsOf = (
  { layers, queries, divergence }: DistillationOptions,
  encoded: readonly [Streams, Streams],
): AttentionOptions => {
  const [depth, ofTeacher] = encoded.map(({ text }) => text.layers.length) as [number, number];
  return {
    ...(queries && { queries }),
    ...(divergence && { direction: divergence }),
    ...(layers === 'all' && { layers: everyLayer(depth, ofTeacher) }),
  };
};

/** Cross entropy over each image's own text, which stands first, and false ones. */
const ranking = (run: RetrievalRun, examples: readonly Example[]): Part => {
  const { model, preprocessor, updates, accumulation = 1, seed = 0 } = run;
  const { sizes, vocabulary } = model.config;
  const [tokenizer, count] = [createTokenizer(vocabulary), falseTextsOf(run)];
  const { batch } = preprocessor;
  const order = lengthGroupedOrder(examples, { wanted: updates * accumulation * batch, batch, seed });
  return {
    losses: (p) => ({ rank: once(textRanking(rankCandidates(model.config, p, candidateInputs(sizes, 1 + count)))) }),
    batches: (from) => inOrder(examples, order.subarray(from * batch), batch),
    feeds: ({ examples: asked }, number) => {
      const random = generator(keyOf(seed, 'false texts', number));
      const texts = asked.flatMap((one) => [one.text, ...negativeTexts(one, examples, { count, random })]);
      const words = texts.map((text) => tokenizer.encode(text, { limit: sizes.words }).ids);
      const encoded = words.map((ids) => ({ id: retrieval.name, words: ids, images: [] }));
      // in place of each image's own text alone
      return Object.fromEntries(
        Object.entries(collate(encoded, preprocessor.collate)).map(([name, { shape, data }]) => [
          name,
          { shape: [asked.length, 1 + count, shape[1]!], data },
        ]),
      );
    },
  };
};

const once = (loss: Loss['loss']): Loss => ({ loss, weight: 1 });
