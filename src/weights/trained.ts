import type { Numbers, Weights } from '../engine/numbers.ts';
import { createParams, initialWeights, type RootParams } from '../layers/params.ts';
import { inputsFor } from '../models/encoded.ts';
import { pretrainingInputs } from '../models/pretrained.ts';
import type { Task } from '../tasks/task.ts';
import { type Description, parseDescription } from './description.ts';
import { matchWeights, type Shapes, shapesOf } from './match.ts';
import { withoutBuffers } from './names.ts';
import { answeredBy, isPretrained, pretrainedBy } from './pretrained.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/** A model with numbers in it, and what they are. */
export interface Trained {
  readonly description: Description;
  readonly weights: Weights;
}

const descriptionKey = 'dide.description';
const optimizerPart = /^optimizer\./;

/** Saves a model whole or not at all; the weights as float32 or, at half the size, as float16. */
export const saveTrained = async (
  path: string,
  { description, weights }: Trained,
  { dtype = 'F32' }: { readonly dtype?: 'F32' | 'F16' } = {},
): Promise<void> => writeSafetensors(path, weights, metadataOf(description), { dtype });

/** What `saveTrained` writes beside the weights; a checkpoint of a run carries it too. */
export const metadataOf = (description: Description): Record<string, string> => ({
  [descriptionKey]: JSON.stringify(description),
});

/**
 * Loads what `saveTrained` wrote, or the weights of a run's checkpoint.
 *
 * @throws UserError where the file is not one of ours, or where tensors are missing, extra or misshapen (all listed).
 */
export const loadTrained = async (path: string): Promise<Trained> => {
  await using file = await readSafetensors(path);
  const description = parseDescription(file.metadata.get(descriptionKey), path);
  matchWeights(expectedShapes(description), shapesOf(file.tensors), path, { ignore: [optimizerPart] });
  const weights = new Map<string, Numbers>();
  for (const name of file.tensors.keys()) if (!optimizerPart.test(name)) weights.set(name, await file.read(name));
  return { description, weights: withoutBuffers(weights) };
};

/** Every parameter that the described model has, declared by building its symbols once. */
export const declaredBy = (description: Description): RootParams => {
  const p = createParams();
  if (isPretrained(description)) pretrainedBy(description, p, pretrainingInputs(description.sizes));
  else answeredBy(description, p, inputsFor(description.sizes, { images: description.images }));
  return p;
};

const expectedShapes = (description: Description): Shapes => shapesOf(declaredBy(description).declared);

/**
 * A model that has learnt nothing yet. Its random weights have the deviation 0.02 of ViLT at ViLT's width, and a larger
 * one in a narrower model, so that sums over the width begin equally large.
 */
export const createUntrained = (description: Description, seed: number): Trained => ({
  description,
  weights: initialWeights(declaredBy(description), {
    seed,
    deviation: 0.02 * Math.sqrt(768 / description.sizes.width),
  }),
});

/**
 * A dual encoder whose two towers begin as copies of a fusion encoder, whatever that was trained for; the interaction
 * and the head begin at random (DiDE code).
 */
export const createStudent = (teacher: Trained, options: BeginOptions = {}): Trained =>
  begunFrom(
    teacher,
    { ...described(teacher, options), model: 'dide' },
    options,
    (name) => /^(?:text|image)_encoder\.(.+)$/.exec(name)?.[1],
  );

/** The same model for another task: everything but its head begins as a copy. */
export const createAdapted = (source: Trained, options: BeginOptions & { readonly task: TaskHead }): Trained =>
  begunFrom(source, described(source, options), options, (name) => (isHead(name) ? undefined : name));

/** What a task asks of a model. */
type TaskHead = Pick<Task, 'name' | 'images' | 'scoring'>;

export interface BeginOptions {
  /** Of the parts that begin at random. Default 0. */
  readonly seed?: number;
  /** Default: those that it begins from. */
  readonly answers?: readonly string[];
  /** Default: that of the model that it begins from. */
  readonly task?: TaskHead;
}

const described = ({ description }: Trained, { task, answers = description.answers }: BeginOptions): Description => {
  const { name, images, scoring } = task ?? { ...description, name: description.task };
  const sizes = { ...description.sizes, types: Math.max(description.sizes.types, 1 + images) };
  return { ...description, sizes, task: name, images, scoring, answers: [...answers], recipe: {} };
};

const isHead = (name: string): boolean => /^[^.]+_classifier\./.test(name);

/** A new model, with a copy of every parameter for which the old one has a source. */
const begunFrom = (
  source: Trained,
  description: Description,
  { seed = 0 }: BeginOptions,
  sourceOf: (name: string) => string | undefined,
): Trained => {
  const { weights } = createUntrained(description, seed);
  for (const [name, numbers] of weights) {
    const from = sourceOf(name);
    const copied = from === undefined ? undefined : source.weights.get(from);
    if (copied) copyRows(numbers, copied);
  }
  return { description, weights };
};

/** A table that has one row more, as the modalities do for a second image, repeats its last in it (ViLT code). */
const copyRows = (to: Numbers, from: Numbers): void => {
  to.data.set(from.data);
  const width = to.shape.at(-1)!;
  for (let at = from.data.length; at < to.data.length; at += width) to.data.set(from.data.slice(-width), at);
};
