import { counted } from '../../errors.ts';
import type { Model } from '../../index.ts';
import { type Backbones, initFrom, readImageBackbone, readTextBackbone } from '../../model.ts';
import { printNotice } from '../terminal/notice.ts';
import { withPullProgress } from './hub.ts';

/** Files of weights from which `--from-scratch` begins, instead of at random. */
export interface InitFromOptions {
  readonly initImage?: string | undefined;
  readonly initText?: string | undefined;
  /** Part of the BERT from which the model begins. */
  readonly textPart?: 'embeddings' | 'whole' | undefined;
  /** Attention heads of the ViT. */
  readonly heads?: number | undefined;
}

/** Reads the files that a model begins from. @throws UserError where one is no ViT or no BERT. */
export const readBackbones = async ({ initImage, initText, textPart, heads }: InitFromOptions): Promise<Backbones> =>
  await withPullProgress(async (pulling) => ({
    image: initImage === undefined ? undefined : await readImageBackbone(initImage, { heads, ...pulling }),
    text: initText === undefined ? undefined : await readTextBackbone(initText, { part: textPart, ...pulling }),
  }));

/**
 * Initializes a model from files, and says on stderr which tensors begin so and which at random. Without files, the
 * model itself.
 */
export const initializeFrom = (untrained: Model, bodies: Backbones): Model => {
  const { image, text } = bodies;
  if (!image && !text) return untrained;
  const { model, loaded, random, words } = initFrom(untrained, bodies);
  const known = text ? `, ${words} of ${untrained.config.vocabulary.length} words among them` : '';
  printNotice(
    `${counted(loaded.length, 'tensor')} ${loaded.length === 1 ? 'begins' : 'begin'} as in the files${known}; at random: ${random.join(', ') || 'none'}`,
  );
  if (image && image.unused.length > 0) printNotice(`not used of the ViT: ${shortened(image.unused)}`);
  return model;
};

const shortened = (names: readonly string[]): string =>
  names.slice(0, 6).join(', ') + (names.length > 6 ? ` and ${names.length - 6} more` : '');
