import { counted } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';

/** Dates of cached images, as clock times: milliseconds since 1970 as if the clock had shown UTC. */
export interface ImageDates {
  /** When an image was taken or, where it does not say, when its file was last changed by the clock of this machine. */
  at(place: number): number;
  /** Number of images whose dates were never read: those of a cache of an earlier version. */
  readonly unread: number;
  /** Number of images that do not say when they were taken. */
  untold(): number;
}

/** Dates of the images of a cache. */
export const datesOf = ({ size, columns: { taken, modified, undated } }: ImageCache): ImageDates => ({
  at: (place) => (Number.isNaN(taken[place]!) ? clockTimeOf(modified[place]!) : taken[place]!),
  unread: undated,
  untold: () => {
    let count = 0;
    for (let place = 0; place < size; place += 1) count += Number(Number.isNaN(taken[place]!));
    return count - undated;
  },
});

const MINUTE = 60_000;

/** Local time at a moment, in this machine's time zone. */
const clockTimeOf = (moment: number): number => moment - MINUTE * new Date(moment).getTimezoneOffset();

/** A clock time as text, `2024-07-14T18:30:00`. */
export const dateText = (clockTime: number): string => new Date(clockTime).toISOString().slice(0, 19);

/** Notices about unknown dates of cached images, a sentence each. */
export const dateWarnings = ({ folder, size }: ImageCache, { unread, untold }: ImageDates): string[] => {
  const said: string[] = [];
  if (unread > 0)
    said.push(
      `${folder}: ${unread} of ${counted(size, 'image')} ${unread === 1 ? 'was' : 'were'} cached before dates were read: the time of the file counts; dide cache with --compare bytes reads it`,
    );
  const without = untold();
  if (without > 0)
    said.push(
      `${without} of ${counted(size, 'cached image')} ${without === 1 ? 'does not say when it was' : 'do not say when they were'} taken: the times of their files count`,
    );
  return said;
};
