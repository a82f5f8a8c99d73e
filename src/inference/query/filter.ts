import picomatch from 'picomatch';
import type { ImageCache } from '../image-cache.ts';
import { bytesOf, datesIn, globOptions, type ImageFilter, pathsIn } from '../store/image-filter.ts';
import { datesOf, dateWarnings, type ImageDates } from './dates.ts';

/** Images that a filter lets through. */
export interface FilteredImages {
  /** Their places in the cache, ascending; undefined where all of them do. */
  readonly only: Uint32Array | undefined;
  readonly count: number;
  readonly dates: ImageDates;
}

/**
 * Finds the images that a filter lets through, by what the cache knows of them; no vector is read. Says what is not
 * known about their dates, where the filter or the order of the results needs them.
 *
 * @throws UserError where a date cannot be read, a range is empty, or a glob is.
 */
export const filterImages = (images: ImageCache, filter: FilterUse = {}): FilteredImages => {
  const filtered = fittingImages(images, filter);
  const needsDates = filter.sort === 'date' || filter.from !== undefined || filter.to !== undefined;
  for (const warning of needsDates ? dateWarnings(images, filtered.dates) : []) filter.onWarning?.(warning);
  return filtered;
};

const fittingImages = (images: ImageCache, filter: ImageFilter): FilteredImages => {
  const dates = datesOf(images);
  const tests = [...sizeTests(images, filter), ...dateTests(dates, filter), ...pathTests(images, filter)];
  if (tests.length === 0) return { only: undefined, count: images.size, dates };
  const places = new Uint32Array(images.size);
  let count = 0;
  for (let place = 0; place < images.size; place += 1) {
    if (tests.every((test) => test(place))) places[count++] = place;
  }
  return { only: places.slice(0, count), count, dates };
};

type Test = (place: number) => boolean;

const sizeTests = ({ columns: { bytes } }: ImageCache, filter: ImageFilter): Test[] => {
  const range = bytesOf(filter);
  return range ? [(place) => bytes[place]! >= range[0] && bytes[place]! <= range[1]] : [];
};

const dateTests = ({ at }: ImageDates, filter: ImageFilter): Test[] => {
  const range = datesIn(filter);
  return range ? [(place) => at(place) >= range[0] && at(place) < range[1]] : [];
};

const pathTests = ({ pathAt }: ImageCache, filter: ImageFilter): Test[] => {
  const { folders, globs, notGlobs } = pathsIn(filter);
  const [wanted, unwanted] = [globs.map(matcherOf), notGlobs.map(matcherOf)];
  const tests: ((path: string) => boolean)[] = [];
  if (folders.length > 0) tests.push((path) => folders.some((start) => path.startsWith(start)));
  if (wanted.length > 0) tests.push((path) => wanted.some((fits) => fits(path)));
  if (unwanted.length > 0) tests.push((path) => !unwanted.some((fits) => fits(path)));
  if (tests.length === 0) return [];
  return [
    (place) => {
      const path = pathAt(place);
      return tests.every((test) => test(path));
    },
  ];
};

const matcherOf = (glob: string): ((path: string) => boolean) => picomatch(glob, globOptions(glob));

/** Options of `filterImages` besides the filter itself. */
interface FilterUse extends ImageFilter {
  /** Order of the results; one by date needs the dates of all images. */
  readonly sort?: string | undefined;
  /** Receives a sentence where the dates of images are needed and not known. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
