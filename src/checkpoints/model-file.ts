import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { type ModelConfig, parseConfig } from '../model/config.ts';
import { inputsFor } from '../model/encoded.ts';
import { createParams, initialWeights, type RootParams } from '../model/params.ts';
import { pretrainingInputs } from '../model/purposes/pretraining.ts';
import type { Sizes } from '../model/sizes.ts';
import { everyLayer } from '../objectives/layers.ts';
import type { Task } from '../tasks/task.ts';
import { matchWeights, type Shapes, shapesOf } from './check-shapes.ts';
import { readSafetensors, writeSafetensors } from './formats/safetensors.ts';
import { answeredBy, isPretrained, pretrainedBy } from './pretrained.ts';
import { withoutBuffers } from './rename-tensors.ts';
import { beginRank, declareRetrieval, isRetrieving } from './retrieving.ts';

/** A model with numbers in it, and what they are. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: Weights;
}

const descriptionKey = 'dide.description';
const optimizerPart = /^optimizer\./;

/** Saves a model whole or not at all; the weights as float32 or, at half the size, as float16. */
export const saveModel = async (
  path: string,
  { config, weights }: Model,
  { dtype = 'F32' }: { readonly dtype?: 'F32' | 'F16' | undefined } = {},
): Promise<void> => writeSafetensors(path, weights, metadataOf(config), { dtype });

/** What `saveTrained` writes beside the weights; a checkpoint of a run carries it too. */
export const metadataOf = (config: ModelConfig): Record<string, string> => ({
  [descriptionKey]: JSON.stringify(config),
});

/**
 * Loads what `saveTrained` wrote, or the weights of a run's checkpoint.
 *
 * @throws UserError where the file is not one of ours, or where tensors are missing, extra or misshapen (all listed).
 */
export const loadTrained = async (path: string): Promise<Model> => {
  await using file = await readSafetensors(path);
  const config = parseConfig(file.metadata.get(descriptionKey), path);
  matchWeights(expectedShapes(config), shapesOf(file.tensors), path, { ignore: [optimizerPart] });
  const weights = new Map<string, Numbers>();
  for (const name of file.tensors.keys()) if (!optimizerPart.test(name)) weights.set(name, await file.read(name));
  return { config, weights: withoutBuffers(weights) };
};

/** Every parameter that the described model has, declared by building its symbols once. */
export const declareParams = (config: ModelConfig): RootParams => {
  const p = createParams();
  if (isPretrained(config)) pretrainedBy(config, p, pretrainingInputs(config.sizes));
  else if (isRetrieving(config)) declareRetrieval(config, p);
  else answeredBy(config, p, inputsFor(config.sizes, { images: config.images }));
  return p;
};

const expectedShapes = (config: ModelConfig): Shapes => shapesOf(declareParams(config).declared);

/**
 * A model that has learnt nothing yet. Its random weights have the deviation 0.02 of ViLT at ViLT's width, and a larger
 * one in a narrower model, so that sums over the width begin equally large.
 */
export const createModel = (config: ModelConfig, seed: number): Model => ({
  config,
  weights: initialWeights(declareParams(config), {
    seed,
    deviation: 0.02 * Math.sqrt(768 / config.sizes.width),
  }),
});

/**
 * A dual encoder whose two towers begin as copies of a fusion encoder, whatever that was trained for; the interaction
 * and the head begin at random (DiDE code). Masked words it looks up in its own table of words, also where the teacher
 * has another table for them, for that would begin at random. Where it is not as deep as its teacher, its layers begin as those of the
 * teacher that they are compared with layer by layer: evenly spaced, the last one among them.
 *
 * @throws UserError where it is to have no layer.
 */
export const createStudent = (teacher: Model, options: StudentOptions = {}): Model => {
  const { decoder: _, ...config } = described(teacher, options);
  const { depth = config.sizes.depth, encoders = 'apart' } = options;
  if (!(Number.isSafeInteger(depth) && depth >= 1)) {
    throw new UserError(`createStudent: a student of ${depth} layers: give a whole number from 1 up`);
  }
  const pairs = everyLayer(depth, teacher.config.sizes.depth);
  const sizes: Sizes = { ...config.sizes, depth, ...(encoders === 'shared' ? { encoders } : {}) };
  return begunFrom(teacher, { ...config, sizes, model: 'dide' }, options, (name) =>
    /^(?:text|image|shared)_encoder\.(.+)$/
      .exec(name)?.[1]
      ?.replace(/^(transformer\.blocks\.)(\d+)/, (_, blocks, layer) => `${blocks}${pairs[Number(layer)]!.teacher}`),
  );
};

/** How a student differs from its teacher. */
export interface StudentOptions extends BeginOptions {
  /** Layers of each tower. Default: as many as the teacher has. */
  readonly depth?: number | undefined;
  /** `shared`: text and image run through one Transformer, which makes the student little larger than its teacher. Default apart. */
  readonly encoders?: 'apart' | 'shared' | undefined;
}

/** The same model for another task: everything but its head begins as a copy. */
export const adaptModel = (source: Model, options: BeginOptions & { readonly task: TaskHead }): Model =>
  begunFrom(source, described(source, options), options, (name) => (isHead(name) ? undefined : name));

/** What a task asks of a model. */
type TaskHead = Pick<Task, 'name' | 'images' | 'scoring'>;

export interface BeginOptions {
  /** Of the parts that begin at random. Default 0. */
  readonly seed?: number | undefined;
  /** Default: those that it begins from. */
  readonly answers?: readonly string[] | undefined;
  /** Default: that of the model that it begins from. */
  readonly task?: TaskHead | undefined;
}

const described = ({ config }: Model, { task, answers = config.answers }: BeginOptions): ModelConfig => {
  const { name, images, scoring } = task ?? { ...config, name: config.task };
  const { decoder, ...kept } = config;
  const sizes = { ...config.sizes, types: Math.max(config.sizes.types, 1 + images) };
  return {
    ...kept,
    ...{ sizes, task: name, images, scoring, answers: [...answers], recipe: {} },
    ...(decoder !== undefined && name === config.task ? { decoder } : {}),
  };
};

const isHead = (name: string): boolean => /^[^.]+_classifier\./.test(name);

/** A new model, with a copy of every parameter for which the old one has a source. */
const begunFrom = (
  source: Model,
  config: ModelConfig,
  { seed = 0 }: BeginOptions,
  sourceOf: (name: string) => string | undefined,
): Model => {
  const { weights } = createModel(config, seed);
  for (const [name, numbers] of weights) {
    const from = sourceOf(name);
    const copied = from === undefined ? undefined : source.weights.get(from);
    if (copied) copyRows(numbers, copied);
  }
  beginRank(weights, source.weights);
  return { config, weights };
};

/** A table that has one row more, as the modalities do for a second image, repeats its last in it (ViLT code). */
const copyRows = (to: Numbers, from: Numbers): void => {
  to.data.set(from.data);
  const width = to.shape.at(-1)!;
  for (let at = from.data.length; at < to.data.length; at += width) to.data.set(from.data.slice(-width), at);
};
