import type { Numbers, Weights } from '../engine/numbers.ts';
import type { Architecture } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { createParams, initialWeights, type RootParams } from '../model/params.ts';
import { checkShapes, type Shapes, shapesOf } from './check-shapes.ts';
import { configOf, descriptionKey, descriptionOf, parseDescription } from './description.ts';
import { writeSafetensors } from './formats/safetensors.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { withoutBuffers } from './rename-tensors.ts';

/** A model: its config and its weights, by parameter name. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: Weights;
}

const optimizerPart = /^optimizer\./;

/** Saves a model, whole or not at all. @param options.dtype of the weights; `F16` halves the file. Default `F32`. */
export const saveModel = async (
  path: string,
  { config, weights }: Model,
  { dtype = 'F32' }: { readonly dtype?: 'F32' | 'F16' | undefined } = {},
): Promise<void> => writeSafetensors(path, weights, metadataOf(config), { dtype });

/** Metadata that `saveModel` writes beside the weights. A run's checkpoint has it too. */
export const metadataOf = (config: ModelConfig): Record<string, string> => ({
  [descriptionKey]: JSON.stringify(descriptionOf(config)),
});

/** Whether an open file was written by `saveModel`, or is a run's checkpoint. */
export const isOurs = ({ metadata }: Pick<WeightsFile, 'metadata'>): boolean => metadata.has(descriptionKey);

/**
 * Reads the model from an open file of ours.
 *
 * @throws UserError where the description is damaged, or where tensors are missing, extra or misshapen (all listed).
 */
export const readModel = async (file: WeightsFile, architectures: readonly Architecture[] = []): Promise<Model> => {
  const config = configIn(file, architectures);
  checkShapes(expectedShapes(config), shapesOf(file.tensors), file.path, { ignore: [optimizerPart] });
  const weights = new Map<string, Numbers>();
  for (const name of file.tensors.keys()) if (!optimizerPart.test(name)) weights.set(name, await file.read(name));
  return { config, weights: withoutBuffers(weights) };
};

/** Config in the metadata of an open file. @throws UserError where it has none that can be read. */
export const configIn = (
  { metadata, path }: Pick<WeightsFile, 'metadata' | 'path'>,
  architectures: readonly Architecture[] = [],
): ModelConfig => configOf(parseDescription(metadata.get(descriptionKey), path), path, architectures);

/** Declares every parameter of a model, by building its symbols once. */
export const declareParams = (config: ModelConfig): RootParams => {
  const p = createParams();
  config.purpose.declare(config, p);
  return p;
};

const expectedShapes = (config: ModelConfig): Shapes => shapesOf(declareParams(config).declared);

/** Standard deviation of random weights: 0.02 at ViLT's width of 768, larger in a narrower model, so that sums over the width begin equally large. */
export const initialDeviation = ({ sizes }: Pick<ModelConfig, 'sizes'>): number => 0.02 * Math.sqrt(768 / sizes.width);

/** Creates a model with random weights. The same seed gives the same weights. */
export const createModel = (config: ModelConfig, seed: number): Model => ({
  config,
  weights: initialWeights(declareParams(config), { seed, deviation: initialDeviation(config) }),
});
