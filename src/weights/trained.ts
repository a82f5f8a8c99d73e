import type { Numbers, Weights } from '../engine/numbers.ts';
import { createParams, initialWeights, type RootParams } from '../layers/params.ts';
import { inputsFor } from '../models/encoded.ts';
import { answered } from '../models/model.ts';
import { type Description, modelOf, parseDescription } from './description.ts';
import { matchWeights, type Shapes, shapesOf } from './match.ts';
import { withoutBuffers } from './names.ts';
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
  const { sizes, images, task, answers } = description;
  const p = createParams();
  answered(modelOf(description), p, inputsFor(sizes, { images }), { sizes, head: { task, answers: answers.length } });
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
export const createStudent = (
  teacher: Trained,
  { seed = 0, answers = teacher.description.answers }: StudentOptions = {},
): Trained => {
  const description: Description = { ...teacher.description, model: 'dide', answers: [...answers], recipe: {} };
  const { weights } = createUntrained(description, seed);
  for (const [name, numbers] of weights) {
    const source = /^(?:text|image)_encoder\.(.+)$/.exec(name)?.[1];
    const copied = source === undefined ? undefined : teacher.weights.get(source);
    if (copied) numbers.data.set(copied.data);
  }
  return { description, weights };
};

export interface StudentOptions {
  /** Of the parts that begin at random. Default 0. */
  readonly seed?: number;
  /** Default: the teacher's own. */
  readonly answers?: readonly string[];
}
