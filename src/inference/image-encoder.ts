import { createHash } from 'node:crypto';
import type { Model } from '../checkpoints/model-file.ts';
import type { Feeds } from '../data/batch.ts';
import { bytesOf, type Numbers } from '../engine/numbers.ts';
import type { ModelConfig } from '../model/config.ts';

/** What encodes images for a cache: a dual encoder that answers, or one that searches. */
export interface ImageEncoder {
  readonly config: ModelConfig;
  /** Numbers that an image becomes. */
  readonly width: number;
  /** What decides an image's share: a hash of the sizes, the image encoder and what comes right behind it. */
  identity(): string;
  /** The feeds of images, as `collate` makes them → [images, width] */
  imageFeatures(feeds: Feeds): Promise<Numbers<Float32Array>>;
}

/**
 * Two models with the same identity make the same share of every image. Hashed once, when it is first asked for.
 *
 * @param last the parameter behind the image encoder that has a part in the share.
 */
export const identityOf = (trained: Model, last: string): (() => string) => {
  let hash: string | undefined;
  return () => {
    hash ??= hashOf(trained, last);
    return hash;
  };
};

const hashOf = ({ config: { model, sizes }, weights }: Model, last: string): string => {
  const { width, depth, heads, hidden, epsilon, patch, grid, image, types } = sizes;
  const hash = createHash('sha256').update(
    JSON.stringify({ model, width, depth, heads, hidden, epsilon, patch, grid, image, types }),
  );
  const names = [...weights.keys()].filter((name) => name === last || /^(image|shared)_encoder\./.test(name));
  for (const name of names.sort()) {
    const { shape, data } = weights.get(name)!;
    hash.update(JSON.stringify([name, shape])).update(bytesOf(data));
  }
  return hash.digest('hex');
};
