import { UserError } from '../errors.ts';
import { encodeText } from './encode-text.ts';
import { aboutOf, checkStudent, type ImageCache } from './image-cache.ts';
import { cosines, type Retriever } from './retriever.ts';
import { topK } from './top-k.ts';

/** An image, and how well it fits the text. */
export interface FoundImage {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  /** u_t · u_v, the cosine of their angle: between -1 and 1, and no probability. */
  readonly score: number;
}

export interface SearchOptions {
  /** Most images to return. Default: all. */
  readonly top?: number | undefined;
  /** Hears what was done to the text: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * The cached images that fit a text: it is encoded once, and each image costs a dot product. Image retrieval as
 * `scoreGallery` scores it.
 *
 * @returns the best first; equally good ones by path.
 * @throws UserError where the text is empty, or the cache is another student's.
 */
export const searchImages = async (
  searcher: Retriever,
  text: string,
  cache: ImageCache,
  options: SearchOptions = {},
): Promise<FoundImage[]> => {
  const { top = Number.POSITIVE_INFINITY, onWarning } = options;
  if (!(top >= 1)) throw new UserError(`searchImages: the top ${top} images: search for at least 1`);
  checkStudent(cache.folder, cache.about, aboutOf(searcher));
  const vector = await searcher.textVectors(await encodeText(searcher, ['text', text], onWarning));
  return topK(scored(), top, bestFirst);

  async function* scored(): AsyncGenerator<FoundImage[], void, undefined> {
    for await (const { entries, shares } of cache.blocks()) {
      const { data } = cosines(shares, vector);
      yield entries.map(({ path }, row) => ({ image: path, score: data[row]! }));
    }
  }
};

const bestFirst = (a: FoundImage, b: FoundImage): number => b.score - a.score || (a.image < b.image ? -1 : 1);
