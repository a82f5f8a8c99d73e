import type { Model } from '../../checkpoints/model-file.ts';
import type { FoundFile } from '../../files/walk.ts';
import type { CacheOptions } from '../cache-images.ts';
import { aboutOf, type ImageCache } from '../image-cache.ts';
import { listImages } from '../image-files.ts';
import { openPredictor } from '../open-predictor.ts';
import { backendOf } from '../store/backends.ts';
import { checkStudent } from '../store/manifest.ts';

/** Pictures of a folder that are not cached yet. */
export interface PendingPictures {
  /** Their paths below the folder, for `encodePictures`. */
  readonly names: readonly string[];
  /** Number of those with a line end in their name, which is no line; `cacheImages` encodes them. */
  readonly unnamed: number;
  /** Number of all pictures in the folder. */
  readonly of: number;
}

/**
 * Lists the pictures of a folder that are not in a cache, or have changed since: those that `cacheImages` would look at.
 *
 * @throws UserError as `cacheImages`.
 */
export const pendingPictures = async (
  student: Model,
  folder: string,
  { to, compare = 'time', signal }: Pick<CacheOptions, 'to' | 'compare' | 'signal'>,
): Promise<PendingPictures> => {
  await using predictor = await openPredictor(student, { threads: 1 });
  const now = aboutOf(predictor);
  const { files } = await listImages(folder, { except: to, signal });
  const backend = await backendOf(to);
  const isThere = (await backend.readAbout(to)) !== undefined;
  const cache = isThere ? await backend.open(to) : undefined;
  if (cache) checkStudent(to, cache.about, now);
  const isKnown = cache && compare === 'time' ? knownIn(cache) : () => false;
  const pending = files.filter((file) => !isKnown(file)).map(({ path }) => path);
  const names = pending.filter((path) => !path.includes('\n'));
  return { names, unnamed: pending.length - names.length, of: files.length };
};

const knownIn = ({ columns, pathAt }: ImageCache): ((file: FoundFile) => boolean) => {
  const places = new Map<string, number>();
  for (let place = 0; place < columns.size; place += 1) places.set(pathAt(place), place);
  return ({ path, bytes, modified }) => {
    const place = places.get(path);
    return place !== undefined && columns.bytes[place] === bytes && columns.modified[place] === modified;
  };
};
