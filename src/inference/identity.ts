import { descriptionOf } from '../checkpoints/description.ts';
import type { Model, ModelPrecision } from '../checkpoints/model-file.ts';
import { bytesOf } from '../engine/numbers.ts';
import { ancestors, type Tensor } from '../engine/tensor.ts';
import type { FeatureGraphs } from '../model/config.ts';

/** A SHA-256 that is being made, of bytes and of texts in UTF-8. */
export interface Hash {
  update(data: Uint8Array | string): Hash;
  digest(encoding: 'hex'): string;
}

const INT8 = '-int8';

/** An identity of weights, as that of all that is computed from them in a precision. */
export const named = (weights: string, precision: ModelPrecision | undefined): string =>
  precision === 'int8' ? `${weights}${INT8}` : weights;

/** The identity of weights in what `named` made, and the precision. */
export const parted = (identity: string): { readonly weights: string; readonly precision: ModelPrecision } =>
  identity.endsWith(INT8)
    ? { weights: identity.slice(0, -INT8.length), precision: 'int8' }
    : { weights: identity, precision: 'float32' };

/** Two models with the same identity have the same features of every image. */
export const identityOf = (model: Model, image: FeatureGraphs['image'], createHash: () => Hash): (() => string) => {
  let hash: string | undefined;
  return () => {
    hash ??= named(hashOf(model, parametersOf(image()), createHash()), model.precision);
    return hash;
  };
};

/** Names of the parameters that a tensor depends on. */
const parametersOf = (tensor: Tensor): string[] => {
  const names = ancestors([tensor]).flatMap(({ made }) =>
    'leaf' in made && made.leaf === 'parameter' ? [made.name] : [],
  );
  return [...new Set(names)];
};

const hashOf = ({ config, weights }: Model, parameters: readonly string[], begun: Hash): string => {
  const images = config.images === 1 ? undefined : config.images;
  const { model, sizes, pictures } = descriptionOf(config);
  const { width, depth, heads, hidden, epsilon, patch, grid, image, types, activation, norm, summary } = sizes;
  const hash = begun.update(
    // absent ones are not written, so that a model that reads as ViLT does keeps its identity
    JSON.stringify({
      model,
      width,
      depth,
      heads,
      hidden,
      epsilon,
      patch,
      grid,
      image,
      types,
      activation,
      norm,
      summary,
      pictures,
      images,
    }),
  );
  for (const name of parameters.toSorted()) {
    const { shape, data } = weights.get(name)!;
    hash.update(JSON.stringify([name, shape])).update(bytesOf(data));
  }
  return hash.digest('hex');
};
