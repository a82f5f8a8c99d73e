import { judgementOf } from './logic/search-state.ts';
import { overHeads } from './logic/words.ts';
import { aboutCollection, type ServiceAbout } from './service-about.ts';
import { asked, type ServiceQuery, searched } from './service-answers.ts';
import { type CachePlace, jsonFrom, requestOf, type ServiceAddress } from './service-request.ts';
import {
  type Added,
  type Explained,
  type LikePicture,
  type PictureList,
  type RankedAnswer,
  type Source,
  SourceError,
} from './source.ts';

/**
 * Opens a source that asks `dide serve`.
 *
 * @param collection Name of the cache; undefined: the first one that is served.
 * @throws SourceError where the service does not answer, wants a key, or has no cache.
 */
export const openServiceSource = async (service: ServiceAddress, collection: string | undefined): Promise<Source> => {
  const served = await jsonFrom<ServiceAbout>(service, 'v1/about');
  const cache = served.caches.find(({ name }) => name === collection) ?? served.caches[0];
  if (!cache)
    throw new SourceError('refused', 'This server has no pictures. Start it with a cache: dide serve MODEL CACHE');
  const root = `v1/caches/${encodeURIComponent(cache.name)}`;
  const place: CachePlace = { service, root, cache: cache.name };
  return {
    about: (signal) => aboutCollection(place, served, signal),
    pictures: async (filter, { from, count, sort }, signal) => {
      const query = { ...filter, offset: from, count, sort };
      const { found, images } = await jsonFrom<Listed>(service, `${root}/images`, { query, signal });
      return { total: found, pictures: images.map(({ path, date }) => ({ path, date })) } satisfies PictureList;
    },
    thumbnail: async (path, { side = 256 } = {}, signal) =>
      await (await requestOf(service, `${root}/thumbnail`, { query: { path, side }, signal })).blob(),
    ask: (question, options, signal) => {
      const query: ServiceQuery = { ...place, question, options, signal };
      if (served.can.search) return searched(query);
      return asked(served.can.entail ? { ...query, question: judgementOf(question) } : query);
    },
    like: (path, top, signal) => likeIn(place, { path, top, signal }),
    answers: async (path, question, top, signal) => {
      const body = { question, images: [{ path, cache: cache.name }], top };
      const said = await jsonFrom<{ answers: RankedAnswer[] }>(service, 'v1/answer', { method: 'POST', body, signal });
      return said.answers;
    },
    ...(served.can.explain && cache.hasFiles
      ? { explain: (path, question, signal) => explainIn(place, { path, question, signal }) }
      : {}),
    ...(cache.hasFiles ? { add: (file, path, signal) => addTo(place, { file, path, signal }) } : {}),
  };
};

interface Listed {
  readonly found: number;
  readonly images: readonly { readonly path: string; readonly date: string }[];
}

interface Found {
  readonly found: readonly { readonly image: string; readonly date: string; readonly score: number }[];
}

interface OnePicture {
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

const likeIn = async (
  { service, root }: CachePlace,
  { path, top, signal }: OnePicture & { readonly top: number },
): Promise<LikePicture[]> => {
  // the most alike is the picture itself
  const body = { image: { path }, top: top + 1 };
  const { found } = await jsonFrom<Found>(service, `${root}/like`, { method: 'POST', body, signal });
  const others = found.filter(({ image }) => image !== path).slice(0, top);
  return others.map(({ image, date, score }) => ({ path: image, date, similarity: score }));
};

interface ServiceExplained {
  readonly image: string;
  readonly words: readonly string[];
  readonly rows: number;
  readonly columns: number;
  readonly models: readonly {
    readonly name: string;
    readonly answers: readonly RankedAnswer[];
    readonly textToImage: readonly (readonly (readonly number[])[])[];
  }[];
}

const explainIn = async (
  { service, cache }: CachePlace,
  { path, question, signal }: OnePicture & { readonly question: string },
): Promise<Explained> => {
  const body = { question, image: { path, cache } };
  const { models, ...pair } = await jsonFrom<ServiceExplained>(service, 'v1/explain', { method: 'POST', body, signal });
  return {
    ...{ image: pair.image, words: pair.words, rows: pair.rows, columns: pair.columns },
    models: models.map(({ name, answers, textToImage }) => ({ name, answers, attention: overHeads(textToImage) })),
  };
};

/** Most names that are tried for a file whose name another picture has. */
const MOST_NAMES = 100;

const addTo = async (
  { service, root }: CachePlace,
  { file, path, signal }: OnePicture & { readonly file: Blob },
): Promise<Added> => {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? path : path.replace(/(\.\w+)?$/, ` (${number})$1`);
    try {
      const request = { method: 'POST', query: { path: name }, body: file, signal } as const;
      const response = await requestOf(service, `${root}/images`, request);
      return { path: name, isNew: response.status === 201 };
    } catch (error) {
      if (!(error instanceof SourceError && error.kind === 'taken') || number === MOST_NAMES) throw error;
    }
  }
};
