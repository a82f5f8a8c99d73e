import { UserError } from '../errors.ts';
import { encodeText } from './encode-text.ts';
import { aboutOf, checkStudent, type ImageCache } from './image-cache.ts';
import { cosines, type Searcher } from './retriever.ts';
import { firstOf } from './top-k.ts';

/** An image, and how well it fits the text. */
export interface FoundImage {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  /** u_t · u_v, the cosine of their angle: between -1 and 1, and no probability. */
  readonly score: number;
}

export interface SearchOptions {
  /** Most images to return. Default: all. */
  readonly top?: number;
  /** Hears what was done to the text: cut short, a word unknown. */
  readonly onNotice?: (message: string) => void;
}

/**
 * The cached images that fit a text: it is encoded once, and each image costs a dot product. Image retrieval as
 * `scoreGallery` scores it.
 *
 * @returns the best first; equally good ones by path.
 * @throws UserError where the text is empty, or the cache is another student's.
 */
export const searchImages = async (
  searcher: Searcher,
  text: string,
  cache: ImageCache,
  options: SearchOptions = {},
): Promise<FoundImage[]> => {
  const { top = Number.POSITIVE_INFINITY, onNotice } = options;
  if (!(top >= 1)) throw new UserError(`searchImages: the top ${top} images: search for at least 1`);
  checkStudent(cache.folder, cache.about, aboutOf(searcher));
  const vector = await searcher.textVectors(await encodeText(searcher, ['text', text], onNotice));
  return firstOf(scored(), top, bestFirst);

  async function* scored(): AsyncGenerator<FoundImage[], void, undefined> {
    for await (const { entries, shares } of cache.blocks()) {
      const { data } = cosines(shares, vector);
      yield entries.map(({ path }, row) => ({ image: path, score: data[row]! }));
    }
  }
};

const bestFirst = (a: FoundImage, b: FoundImage): number => b.score - a.score || (a.image < b.image ? -1 : 1);
