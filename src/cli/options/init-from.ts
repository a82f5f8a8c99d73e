import type { Model } from '../../index.ts';
import { type Backbones, initFrom, readImageBackbone, readTextBackbone } from '../../model.ts';
import { printNotice } from '../terminal/notice.ts';
import { given } from './options.ts';

/** What `--from-scratch` may begin from instead of at random. */
export interface BeginningOptions {
  readonly initImage?: string | undefined;
  readonly initText?: string | undefined;
  /** Of the ViT's attention. */
  readonly heads?: number | undefined;
}

/** Reads the files that a model is to begin from. @throws UserError where one is no ViT or no BERT. */
export const bodiesOf = async ({ initImage, initText, heads }: BeginningOptions): Promise<Backbones> =>
  given({
    image: initImage === undefined ? undefined : await readImageBackbone(initImage, given({ heads })),
    text: initText === undefined ? undefined : await readTextBackbone(initText),
  });

/** The model begun from files, which says on stderr what of it began so and what at random; without files, as it is. */
export const beginFrom = (untrained: Model, bodies: Backbones): Model => {
  const { image, text } = bodies;
  if (!image && !text) return untrained;
  const { model, loaded, random, words } = initFrom(untrained, bodies);
  const known = text ? `, ${words} of ${untrained.config.vocabulary.length} words among them` : '';
  printNotice(`${loaded.length} tensors begin as in the files${known}; at random: ${random.join(', ') || 'none'}`);
  if (image && image.unused.length > 0) printNotice(`not used of the ViT: ${shortened(image.unused)}`);
  return model;
};

const shortened = (names: readonly string[]): string =>
  names.slice(0, 6).join(', ') + (names.length > 6 ? ` and ${names.length - 6} more` : '');
