import { descriptionOf } from '../checkpoints/description.ts';
import type { Model } from '../checkpoints/model-file.ts';
import { bytesOf } from '../engine/numbers.ts';
import { ancestors, type Tensor } from '../engine/tensor.ts';
import type { FeatureGraphs } from '../model/config.ts';

/** A SHA-256 that is being made, of bytes and of texts in UTF-8. */
export interface Hash {
  update(data: Uint8Array | string): Hash;
  digest(encoding: 'hex'): string;
}

/** Two models with the same identity have the same features of every image. */
export const identityOf = (model: Model, image: FeatureGraphs['image'], createHash: () => Hash): (() => string) => {
  let hash: string | undefined;
  return () => {
    hash ??= hashOf(model, parametersOf(image()), createHash());
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
