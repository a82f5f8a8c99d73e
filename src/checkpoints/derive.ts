import type { Numbers, Weights } from '../engine/numbers.ts';
import { counted, UserError } from '../errors.ts';
import { type Architecture, dide } from '../model/architecture.ts';
import type { Goal, ModelConfig } from '../model/config.ts';
import { classifierName } from '../model/purposes/answering.ts';
import { purposeOf } from '../model/purposes/purpose-of.ts';
import type { Sizes } from '../model/sizes.ts';
import { everyLayer } from '../objectives/layers.ts';
import { createModel, type Model } from './model-file.ts';

/** Options of a model that is initialised from another one. */
export interface DeriveOptions {
  /** Seed of the parts with random weights. Default 0. */
  readonly seed?: number | undefined;
  /** Answers in the order of the classifier. Default: those of the other model. */
  readonly answers?: readonly string[] | undefined;
  /** Its task, or `retrieval` or `pretraining`. Default: that of the other model. */
  readonly task?: Omit<Goal, 'answers'> | undefined;
}

/** Options of `createStudent`: what differs from the teacher. */
export interface StudentOptions extends DeriveOptions {
  /** Number of layers of each tower. Default: that of the teacher. */
  readonly depth?: number | undefined;
  /**
   * Whether each modality has a Transformer (`apart`, default) or both run through one (`shared`), which makes the
   * student little larger than its teacher.
   */
  readonly encoders?: 'apart' | 'shared' | undefined;
  /**
   * A dual encoder of your own. Default: `dide`. Its parameters that the teacher has not, by name, get random weights.
   */
  readonly architecture?: Architecture | undefined;
}

/**
 * Creates a student: a dual encoder whose two towers are initialised as copies of a fusion encoder, whatever that was
 * trained for. The interaction and the head have random weights (DiDE code). Masked words are decoded by the student's
 * own word table, also where the teacher has a table of its own for them.
 *
 * A student with fewer layers than its teacher is initialised from evenly spaced layers of it, the last among them;
 * these are the ones that layer-by-layer distillation compares its layers with.
 *
 * @throws UserError where `depth` is no whole number from 1 up, or the architecture has no towers.
 */
export const createStudent = (teacher: Model, options: StudentOptions = {}): Model => {
  const { decoder: _, ...config } = derivedConfig(teacher, options);
  const { depth = config.sizes.depth, encoders = 'apart', architecture = dide } = options;
  if (!(Number.isSafeInteger(depth) && depth >= 1)) {
    throw new UserError(`createStudent: a student of ${counted(depth, 'layer')}: give a whole number from 1 up`);
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

/**
 * Creates a model of the same architecture for another task, or for other answers: a copy of everything but the
 * classifier. Of that the rows of shared answers are copied, and its hidden layer where answers are shared or the task
 * is the same; the rows of new answers begin at random.
 */
export const adaptModel = (source: Model, options: DeriveOptions & { readonly task: Omit<Goal, 'answers'> }): Model => {
  const config = derivedConfig(source, options);
  const model = copyInto(source, config, options, (name) => (isClassifier(name) ? undefined : name));
  copyHead(model, source);
  return model;
};

/** Answers that a model has in common with a list, in the order of the list. */
export const sharedAnswers = ({ config }: Pick<Model, 'config'>, answers: readonly string[]): string[] => {
  const own = new Set(config.answers);
  return answers.filter((answer) => own.has(answer));
};

/** Copies the parts of the classifier that two models have in common. */
const copyHead = (model: Model, source: Model): void => {
  const shared = sharedAnswers(source, model.config.answers);
  if (model.config.images !== source.config.images) return;
  if (shared.length === 0 && model.config.task !== source.config.task) return;
  const [to, from] = [model, source].map(
    ({ config, weights }) =>
      (part: string) =>
        weights.get(`${classifierName(config.task)}.${part}`),
  ) as [HeadPart, HeadPart];
  for (const part of ['0.weight', '0.bias', '1.weight', '1.bias']) {
    const [mine, theirs] = [to(part), from(part)];
    if (mine && theirs) mine.data.set(theirs.data);
  }
  const rows = new Map(source.config.answers.map((answer, row) => [answer, row]));
  for (const part of ['3.weight', '3.bias']) {
    const [mine, theirs] = [to(part), from(part)];
    if (!mine || !theirs) continue;
    const width = theirs.data.length / source.config.answers.length;
    for (const [row, answer] of model.config.answers.entries()) {
      const its = rows.get(answer);
      if (its !== undefined) mine.data.set(theirs.data.subarray(its * width, (its + 1) * width), row * width);
    }
  }
};

type HeadPart = (part: string) => Numbers | undefined;

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

/**
 * Creates a model whose parameters are copies of those of another model that `sourceOf` names, and random elsewhere.
 */
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

/** Copies a table. In a longer copy (the modality of a second image) the last row is repeated (ViLT code). */
const copyRows = (to: Numbers, from: Numbers): void => {
  to.data.set(from.data);
  const width = to.shape.at(-1)!;
  for (let at = from.data.length; at < to.data.length; at += width) to.data.set(from.data.slice(-width), at);
};

/** Initialises the rank head as the "yes" of the matching head (ViLT code), where the source has no rank head. */
export const initRankHead = (weights: Weights, source: Weights): void => {
  if (source.has('rank_output.weight')) return;
  for (const part of ['weight', 'bias']) {
    const [rank, matching] = [weights.get(`rank_output.${part}`), source.get(`itm_score.fc.${part}`)];
    if (rank && matching) rank.data.set(matching.data.subarray(rank.data.length));
  }
};
