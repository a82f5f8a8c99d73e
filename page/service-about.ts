import { type CachePlace, jsonFrom } from './service-request.ts';
import type { About } from './source.ts';

/** A model, as a service describes it. */
interface ServiceModel {
  readonly task: string;
  readonly architecture: string;
  readonly isStudent: boolean;
  readonly answers: readonly string[];
}

/** Answer of a service at `GET /v1/about`, as far as the page reads it. */
export interface ServiceAbout {
  readonly model: ServiceModel;
  readonly can: Readonly<Record<'search' | 'entail' | 'explain', boolean>>;
  /** The fusion encoder that is loaded beside the model, and its time for one picture. */
  readonly teacher?: (ServiceModel & { readonly pairMilliseconds: number }) | undefined;
  readonly caches: readonly { readonly name: string; readonly images: number; readonly hasFiles: boolean }[];
}

/** Facts about a cache and its model. */
export const aboutCollection = async (
  { service, root, cache }: CachePlace,
  { model, can, teacher, caches }: ServiceAbout,
  signal: AbortSignal | undefined,
): Promise<About> => {
  const ofDates = { query: { sort: 'date', count: 1 }, signal };
  const [{ folders }, newest, oldest] = await Promise.all([
    jsonFrom<Folders>(service, `${root}/folders`, { signal }),
    jsonFrom<Dated>(service, `${root}/images`, ofDates),
    jsonFrom<Dated>(service, `${root}/images`, { ...ofDates, query: { ...ofDates.query, order: 'ascending' } }),
  ]);
  const [first, last] = [oldest.images[0]?.date, newest.images[0]?.date];
  const { hasFiles = false } = caches.find(({ name }) => name === cache) ?? {};
  return {
    ...{ collection: cache, collections: caches.map(({ name }) => name), pictures: newest.total },
    folders: folders.map(({ folder, images }) => ({ path: folder, pictures: images })),
    dates: first === undefined || last === undefined ? undefined : { first, last },
    does: can.search ? 'searches' : can.entail ? 'judges' : 'answers',
    ...{ model: model.architecture, answers: model.answers, hasThumbnails: hasFiles, canAdd: hasFiles },
    explains: can.explain && hasFiles ? [...(teacher ? ['teacher'] : []), 'student'] : [],
    fusion: teacher && {
      milliseconds: teacher.pairMilliseconds,
      basis: 'measured here',
    },
  };
};

interface Folders {
  readonly folders: readonly { readonly folder: string; readonly images: number }[];
}

interface Dated {
  readonly total: number;
  readonly images: readonly { readonly date: string }[];
}
