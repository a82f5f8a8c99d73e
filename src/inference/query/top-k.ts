import type { ImageCache } from '../image-cache.ts';
import type { ScanBlock } from '../scan.ts';

/** A cached image that a scan found. */
export interface Found {
  /** Its place in the cache. */
  readonly place: number;
  readonly score: number;
  /** Index of its answer; undefined of a student of retrieval. */
  readonly answer: number | undefined;
}

/**
 * The images of the highest scores of the first question of a scan, best first, equally good ones by path; about twice
 * as many are held at a time.
 */
export const topOf = async (
  blocks: AsyncIterable<ScanBlock>,
  top: number,
  { pathAt }: Pick<ImageCache, 'pathAt'>,
): Promise<Found[]> => {
  const order = (a: Found, b: Found): number => b.score - a.score || (pathAt(a.place) < pathAt(b.place) ? -1 : 1);
  let first: Found[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for await (const { places, scores, answers } of blocks) {
    for (let i = 0; i < places.length; i += 1) {
      if (scores[i]! < least) continue;
      first.push({ place: places[i]!, score: scores[i]!, answer: answers[i] });
    }
    if (first.length < 2 * top) continue;
    first = first.sort(order).slice(0, top);
    least = first.at(-1)!.score;
  }
  return first.sort(order).slice(0, top);
};
