import picomatch from 'picomatch';
import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { datesOf, dateWarnings, type ImageDates } from './dates.ts';

/** Which cached images are asked; everything that is named must hold. */
export interface ImageFilter {
  /**
   * Globs of paths below the cached folder, as picomatch reads them: at least one must fit. A glob without `/` is of the
   * file's name, in whatever folder; one that begins with `!` leaves out what fits it.
   */
  readonly paths?: string | readonly string[] | undefined;
  /** Folder below the cached one, with everything in it, or several of them. */
  readonly folder?: string | readonly string[] | undefined;
  /**
   * First moment: `2024`, `2024-07`, `2024-07-14` or `2024-07-14T18:30`, a clock time where the picture was taken. An
   * image's date is when it was taken or, where it does not say, when its file was last changed.
   */
  readonly from?: string | undefined;
  /** Last moment, in the same form: the whole of the year, month, day or minute. */
  readonly to?: string | undefined;
  /** Least size of the file in bytes. */
  readonly minBytes?: number | undefined;
  /** Largest size of the file in bytes. */
  readonly maxBytes?: number | undefined;
}

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

const sizeTests = ({ columns: { bytes } }: ImageCache, { minBytes, maxBytes }: ImageFilter): Test[] => {
  if (minBytes === undefined && maxBytes === undefined) return [];
  const [least, most] = [minBytes ?? 0, maxBytes ?? Number.POSITIVE_INFINITY];
  if (!(least <= most))
    throw new UserError(`files of ${least} to ${most} bytes: the first is the larger one: swap them`);
  return [(place) => bytes[place]! >= least && bytes[place]! <= most];
};

const dateTests = ({ at }: ImageDates, { from, to }: ImageFilter): Test[] => {
  if (from === undefined && to === undefined) return [];
  const begin = from === undefined ? Number.NEGATIVE_INFINITY : spanOf(from)[0];
  const end = to === undefined ? Number.POSITIVE_INFINITY : spanOf(to)[1];
  if (!(begin < end)) throw new UserError(`from ${from} to ${to}: the first is the later one: swap them`);
  return [(place) => at(place) >= begin && at(place) < end];
};

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d))?)?)?$/;

/** The moments between which a year, month, day or minute lies, in milliseconds of clock time: first, and first after. */
const spanOf = (date: string): readonly [number, number] => {
  const parts = DATE.exec(date.trim())
    ?.slice(1)
    .filter((part) => part !== undefined)
    .map(Number);
  if (parts) {
    const [year, month = 1, ...rest] = parts as [number, ...number[]];
    const momentOf = (last: number): number => {
      const moved = [year, month - 1, ...rest] as [number, number, number?, number?, number?];
      moved[Math.min(parts.length, 5) - 1]! += last;
      return Date.UTC(...(moved as [number, number]));
    };
    const begin = momentOf(0);
    const written = new Date(begin).toISOString();
    if (written.startsWith(date.trim().replace(' ', 'T'))) return [begin, momentOf(1)];
  }
  throw new UserError(
    `${JSON.stringify(date)} is no date: write 2024, 2024-07, 2024-07-14 or 2024-07-14T18:30, a clock time without a zone`,
  );
};

const listOf = (one: string | readonly string[] | undefined): readonly string[] =>
  one === undefined ? [] : typeof one === 'string' ? [one] : one;

const pathTests = ({ pathAt }: ImageCache, { paths, folder }: ImageFilter): Test[] => {
  const globs = listOf(paths);
  const folders = listOf(folder).map(withSlash);
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(matcherOf);
  const unwanted = globs.filter((glob) => glob.startsWith('!')).map((glob) => matcherOf(glob.slice(1)));
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

/** `./2024/` → `2024/`; the cached folder itself is everything. */
const withSlash = (folder: string): string => {
  const plain = folder
    .replaceAll('\\', '/')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '');
  return plain === '' || plain === '.' ? '' : `${plain}/`;
};

const matcherOf = (glob: string): ((path: string) => boolean) => {
  if (glob === '') throw new UserError('an empty glob fits no path: write one such as **/*.jpg');
  return picomatch(glob.replace(/^\.\//, ''), { dot: true, nonegate: true, basename: !glob.includes('/') });
};

/** What `filterImages` takes besides the filter itself. */
interface FilterUse extends ImageFilter {
  /** Order of the results; one by date needs the dates of all images. */
  readonly sort?: string | undefined;
  /** Receives a sentence where the dates of images are needed and not known. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
