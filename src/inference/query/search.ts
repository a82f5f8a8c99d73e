import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import { checkCompares } from '../predictor.ts';
import { scan } from '../scan.ts';
import { topOf } from './top-k.ts';

/** An image, and how well it fits the text. */
export interface FoundImage {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  /** Cosine u_t · u_v of the angle between both vectors, between -1 and 1. It is no probability. */
  readonly score: number;
}

/** Options of `search`. */
export interface SearchOptions {
  /** Number of images to return. Default: all. */
  readonly top?: number | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives what was done to the text, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Finds the cached images that fit a text. The text is encoded once, and each image costs a dot product. This is image
 * retrieval as `scoreRetrieval` measures it.
 *
 * @param retriever a model, or one that is open (`openPredictor`), to search often.
 * @returns the best first; equally good ones by path.
 * @throws UserError where the text is empty, or the cache is another model's.
 */
export const search = async (
  retriever: Runnable,
  images: ImageCache,
  text: string,
  { onWarning, ...options }: SearchOptions = {},
): Promise<FoundImage[]> => {
  const { top = Number.POSITIVE_INFINITY } = options;
  if (!(top >= 1)) throw new UserError(`the top ${top} images: search for at least 1`);
  return await withPredictor(retriever, options, async (predictor) => {
    checkCompares(predictor);
    const found = await topOf(scan(predictor, images, [{ text }], { onWarning }), top, images);
    return found.map(({ place, score }) => ({ image: images.pathAt(place), score }));
  });
};
