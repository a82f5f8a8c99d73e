import { UserError } from '../../errors.ts';

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

/** Least and largest size of the files; undefined where any will do. @throws UserError where the range is empty. */
export const bytesOf = ({ minBytes, maxBytes }: ImageFilter): readonly [number, number] | undefined => {
  if (minBytes === undefined && maxBytes === undefined) return undefined;
  const [least, most] = [minBytes ?? 0, maxBytes ?? Number.POSITIVE_INFINITY];
  if (least <= most) return [least, most];
  throw new UserError(`files of ${least} to ${most} bytes: the first is the larger one: swap them`);
};

/**
 * First moment, and the first after the last one, in milliseconds of clock time; undefined where any will do.
 *
 * @throws UserError where a date cannot be read, or the range is empty.
 */
export const datesIn = ({ from, to }: ImageFilter): readonly [number, number] | undefined => {
  if (from === undefined && to === undefined) return undefined;
  const begin = from === undefined ? Number.NEGATIVE_INFINITY : spanOf(from)[0];
  const end = to === undefined ? Number.POSITIVE_INFINITY : spanOf(to)[1];
  if (begin < end) return [begin, end];
  throw new UserError(`from ${from} to ${to}: the first is the later one: swap them`);
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

/** Paths of a filter: folders that end with a slash, globs of which one must fit, and globs of which none may. */
export const pathsIn = ({ paths, folder }: ImageFilter) => {
  const globs = listOf(paths).map(checkedGlob);
  return {
    folders: listOf(folder).map(withSlash),
    globs: globs.filter((glob) => !glob.startsWith('!')).map(below),
    notGlobs: globs.filter((glob) => glob.startsWith('!')).map((glob) => below(checkedGlob(glob.slice(1)))),
  };
};

/** Options by which picomatch reads a glob: one without `/` is of the file's name. */
export const globOptions = (glob: string) => ({ dot: true, nonegate: true, basename: !glob.includes('/') });

const below = (glob: string): string => glob.replace(/^\.\//, '');

const checkedGlob = (glob: string): string => {
  if (glob !== '') return glob;
  throw new UserError('an empty glob fits no path: write one such as **/*.jpg');
};

/** `./2024/` → `2024/`; the cached folder itself is everything. */
const withSlash = (folder: string): string => {
  const plain = folder
    .replaceAll('\\', '/')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '');
  return plain === '' || plain === '.' ? '' : `${plain}/`;
};
