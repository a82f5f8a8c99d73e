import type { Numbers, Weights } from '../engine/numbers.ts';
import type { Architecture } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { createParams, initialWeights, type RootParams } from '../model/params.ts';
import { checkShapes, type Shapes, shapesOf } from './check-shapes.ts';
import { configOf, descriptionKey, descriptionOf, parseDescription } from './description.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { withoutBuffers } from './rename-tensors.ts';

/** A model: its config and its weights. */
export interface Model {
  readonly config: ModelConfig;
  /** Weights by parameter name. */
  readonly weights: Weights;
  /**
   * Precision of the products of its linear layers where it answers, encodes or teaches. `int8` is faster on
   * processors and less exact; the weights stay as they are, and training is float32. Default float32.
   */
  readonly precision?: ModelPrecision | undefined;
}

/** Precision of the products of a model that runs. */
export type ModelPrecision = 'float32' | 'int8';

/** Tensors of a run's checkpoint that are no weights of the model. */
const optimizerState = /^optimizer\./;

/** Metadata of a file of ours, which describes the model. */
export const metadataOf = (config: ModelConfig): Record<string, string> => ({
  [descriptionKey]: JSON.stringify(descriptionOf(config)),
});

/** Whether an open file was saved by this library: a model, or a run's checkpoint. */
export const isOurs = ({ metadata }: Pick<WeightsFile, 'metadata'>): boolean => metadata.has(descriptionKey);

/** An open file of weights, on a disk or in memory. */
export type ReadableWeights = Pick<WeightsFile, 'path' | 'tensors' | 'metadata' | 'read'>;

/**
 * Reads the model from an open file of ours.
 *
 * @param architectures of your own, by whose names it may be saved.
 * @throws UserError where the description is damaged, or where tensors are missing, unexpected or misshapen (all
 * listed).
 */
export const readModel = async (file: ReadableWeights, architectures: readonly Architecture[] = []): Promise<Model> => {
  const description = parseDescription(file.metadata.get(descriptionKey), file.path);
  const config = configOf(description, file.path, architectures);
  checkShapes(expectedShapes(config), shapesOf(file.tensors), file.path, { ignore: [optimizerState] });
  const weights = new Map<string, Numbers>();
  for (const name of file.tensors.keys()) if (!optimizerState.test(name)) weights.set(name, await file.read(name));
  return { config, weights: withoutBuffers(weights) };
};

/** Parameters of a model, declared by building its symbols once. */
export const declareParams = (config: ModelConfig): RootParams => {
  const p = createParams();
  config.purpose.declare(config, p);
  return p;
};

const expectedShapes = (config: ModelConfig): Shapes => shapesOf(declareParams(config).declared);

/**
 * Standard deviation of random weights: 0.02 at ViLT's width of 768, and larger in a narrower model, so that sums over
 * the width have the same variance.
 */
export const initialDeviation = ({ sizes }: Pick<ModelConfig, 'sizes'>): number => 0.02 * Math.sqrt(768 / sizes.width);

/** Creates a model with random weights. Equal seeds give equal weights. */
export const createModel = (config: ModelConfig, seed: number): Model => ({
  config,
  weights: initialWeights(declareParams(config), { seed, deviation: initialDeviation(config) }),
});
