import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { type Architecture, dide } from '../model/architecture.ts';
import type { Goal, ModelConfig } from '../model/config.ts';
import { purposeOf } from '../model/purposes/purpose-of.ts';
import type { Sizes } from '../model/sizes.ts';
import { everyLayer } from '../objectives/layers.ts';
import { createModel, type Model } from './model-file.ts';

/** How a model differs from the one that it is initialised from. */
export interface DeriveOptions {
  /** Seed of the parts that are initialised at random. Default 0. */
  readonly seed?: number | undefined;
  /** Answers in the order of the classifier. Default: those of the source. */
  readonly answers?: readonly string[] | undefined;
  /** Task that it is for, or `retrieval` or `pretraining`. Default: that of the source. */
  readonly task?: Omit<Goal, 'answers'> | undefined;
}

/** How a student differs from its teacher. */
export interface StudentOptions extends DeriveOptions {
  /** Layers of each tower. Default: as many as the teacher has. */
  readonly depth?: number | undefined;
  /**
   * `shared`: text and image run through one Transformer, which makes the student little larger than its teacher.
   * Default `apart`.
   */
  readonly encoders?: 'apart' | 'shared' | undefined;
  /** A dual encoder of your own. Default: `dide`. Parameters whose names are not the teacher's begin at random. */
  readonly architecture?: Architecture | undefined;
}

/**
 * Creates a dual encoder whose two towers are initialised as copies of a fusion encoder, whatever that was trained for;
 * the interaction and the head are initialised at random (DiDE code). Masked words are looked up in the student's own
 * word table, also where the teacher has another table for them, which would begin at random.
 *
 * A student with fewer layers than its teacher is initialised from evenly spaced layers of it, the last among them: those
 * that layer-by-layer distillation compares them with.
 *
 * @throws UserError where `depth` is no whole number from 1 up, or the architecture has no towers.
 */
export const createStudent = (teacher: Model, options: StudentOptions = {}): Model => {
  const { decoder: _, ...config } = derivedConfig(teacher, options);
  const { depth = config.sizes.depth, encoders = 'apart', architecture = dide } = options;
  if (!(Number.isSafeInteger(depth) && depth >= 1)) {
    throw new UserError(`createStudent: a student of ${depth} layers: give a whole number from 1 up`);
  }
  if (!architecture.towers) {
    throw new UserError(`createStudent: ${architecture.name} encodes no image without a text: give a dual encoder`);
  }
  const pairs = everyLayer(depth, teacher.config.sizes.depth);
  const sizes: Sizes = { ...config.sizes, depth, ...(encoders === 'shared' ? { encoders } : {}) };
  const purpose = purposeOf(config.task, architecture);
  return copyInto(teacher, { ...config, sizes, architecture, purpose }, options, (name) =>
    /^(?:text|image|shared)_encoder\.(.+)$/
      .exec(name)?.[1]
      ?.replace(/^(transformer\.blocks\.)(\d+)/, (_, blocks, layer) => `${blocks}${pairs[Number(layer)]!.teacher}`),
  );
};

/** Creates the same model for another task: everything but its head is initialised as a copy. */
export const adaptModel = (source: Model, options: DeriveOptions & { readonly task: Omit<Goal, 'answers'> }): Model =>
  copyInto(source, derivedConfig(source, options), options, (name) => (isClassifier(name) ? undefined : name));

const derivedConfig = ({ config }: Model, { task, answers = config.answers }: DeriveOptions): ModelConfig => {
  const { name, images, scoring } = task ?? { ...config, name: config.task };
  const { decoder, ...kept } = config;
  return {
    ...kept,
    purpose: purposeOf(name, config.architecture),
    sizes: { ...config.sizes, types: Math.max(config.sizes.types, 1 + images) },
    task: name,
    images,
    scoring,
    answers: [...answers],
    recipe: {},
    ...(decoder !== undefined && name === config.task ? { decoder } : {}),
  };
};

const isClassifier = (name: string): boolean => /^[^.]+_classifier\./.test(name);

/** Creates a model with a copy of every parameter for which `sourceOf` names one of the source. */
const copyInto = (
  source: Model,
  config: ModelConfig,
  { seed = 0 }: DeriveOptions,
  sourceOf: (name: string) => string | undefined,
): Model => {
  const { weights } = createModel(config, seed);
  for (const [name, numbers] of weights) {
    const from = sourceOf(name);
    const copied = from === undefined ? undefined : source.weights.get(from);
    if (copied) copyRows(numbers, copied);
  }
  initRankHead(weights, source.weights);
  return { config, weights };
};

/** Copies a table. Where the copy has one row more, for the modality of a second image, the last row stands twice (ViLT code). */
const copyRows = (to: Numbers, from: Numbers): void => {
  to.data.set(from.data);
  const width = to.shape.at(-1)!;
  for (let at = from.data.length; at < to.data.length; at += width) to.data.set(from.data.slice(-width), at);
};

/** Initialises the rank head as the "yes" of the matching head (ViLT code), where the source has only that one. */
export const initRankHead = (weights: Weights, source: Weights): void => {
  if (source.has('rank_output.weight')) return;
  for (const part of ['weight', 'bias']) {
    const [rank, matching] = [weights.get(`rank_output.${part}`), source.get(`itm_score.fc.${part}`)];
    if (rank && matching) rank.data.set(matching.data.subarray(rank.data.length));
  }
};
