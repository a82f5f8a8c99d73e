import type { Explainer, ImageCache, ImageFilter, Predictor, WebPair } from 'dide/web';
import {
  countFolders,
  datesOf,
  dateText,
  filterImages,
  loadModel,
  openExplainer,
  openImageCache,
  UserError,
} from 'dide/web';
import type { About, Picture, PictureFilter, PictureList, PictureRange } from '../source.ts';
import { openComputing, type Wish } from './computing.ts';
import { runtimeAt } from './runtime.ts';
import { files, type Site } from './site.ts';

/** A site that is loaded: its student and its vectors. */
export interface OpenedSite {
  readonly site: Site;
  /** Address of its folder, with a slash at its end. */
  readonly folder: string;
  readonly student: Predictor;
  readonly images: ImageCache;
  /** Place of each picture, by its path. */
  readonly places: ReadonlyMap<string, number>;
  /** Description of what computes. */
  readonly computes: string;
  /** Opens what says where words look, once: the teacher is loaded when it is first asked for. */
  readonly explainer: () => Promise<Explainer<WebPair>>;
}

/** Loads a site. @throws UserError where a file is missing or damaged. */
export const openSite = async (
  address: string,
  wish: Wish,
  onProgress: (done: number, of: number) => void,
): Promise<OpenedSite> => {
  const folder = new URL('.', address).href;
  const site = (await (await fetch(address)).json()) as Site;
  const model = await loadModel(`${folder}${files.student}`, { onProgress });
  const images = await openImageCache(`${folder}${files.cache}`, { onProgress });
  const places = new Map(Array.from({ length: images.size }, (_, place) => [images.pathAt(place), place]));
  const runtime = `${folder}${files.runtime}/`;
  const { hasGpuRuntime = false } = site;
  const isHalf = images.precision === 'float16';
  const { student, computes } = await openComputing({ model, runtime, hasGpuRuntime, isHalf, wish });
  let explainer: Promise<Explainer<WebPair>> | undefined;
  const openExplaining = async (): Promise<Explainer<WebPair>> => {
    const teacher = site.hasTeacher ? { teacher: await loadModel(`${folder}${files.teacher}`) } : {};
    return openExplainer({ ...teacher, student: model }, runtimeAt(runtime));
  };
  return {
    ...{ site, folder, student, images, places, computes },
    explainer: () => (explainer ??= openExplaining()),
  };
};

/** The small image of a picture. @throws UserError where there is none. */
export const thumbnailOf = async ({ folder, images, places }: OpenedSite, path: string): Promise<Blob> => {
  const response = await fetch(`${folder}${files.thumbnails}/${images.columns.rows[places.get(path)!]}.webp`);
  if (!response.ok) throw new UserError(`${path}: there is no small picture of it`);
  return await response.blob();
};

/** A filter as the library takes it, without what is not chosen. */
export const filterOf = ({ folder, from, to }: PictureFilter): ImageFilter => ({
  folder: folder || undefined,
  from: from || undefined,
  to: to || undefined,
});

/** Facts about a site. */
export const aboutSite = ({ site, student: { config }, images, computes }: OpenedSite): About => {
  const dates = datesOf(images);
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let place = 0; place < images.size; place += 1) {
    first = Math.min(first, dates.at(place));
    last = Math.max(last, dates.at(place));
  }
  return {
    ...{ collection: site.title, collections: [site.title], pictures: images.size },
    folders: countFolders(images).map(({ folder, images: pictures }) => ({ path: folder, pictures })),
    dates: images.size === 0 ? undefined : { first: dateText(first), last: dateText(last) },
    does: !config.purpose.logits ? 'searches' : config.answers.includes('entailment') ? 'judges' : 'answers',
    ...{ model: site.model, answers: config.answers, examples: site.examples },
    ...{ hasThumbnails: true, canAdd: false, computes },
    explains: config.images === 1 ? [...(site.hasTeacher ? ['teacher'] : []), 'student'] : [],
  };
};

/** A range of the pictures that a filter lets through. */
export const picturesOf = ({ images }: OpenedSite, filter: PictureFilter, range: PictureRange): PictureList => {
  const { only, count, dates } = filterImages(images, filterOf(filter));
  const places = Array.from(only ?? { length: images.size }, (place, i) => (only ? (place as number) : i));
  const paths = new Map(places.map((place) => [place, images.pathAt(place)]));
  const byPath = (a: number, b: number): number => (paths.get(a)! < paths.get(b)! ? -1 : 1);
  places.sort(range.sort === 'path' ? byPath : (a, b) => dates.at(b) - dates.at(a) || byPath(a, b));
  const pictures = places
    .slice(range.from, range.from + range.count)
    .map((place): Picture => ({ path: paths.get(place)!, date: dateText(dates.at(place)) }));
  return { total: count, pictures };
};
