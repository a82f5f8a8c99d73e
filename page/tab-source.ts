import type { About, Asked, Explained, LikePicture, PictureList, RankedAnswer, Source } from './source.ts';
import { type Remote, remoteOf } from './tab/remote.ts';

let remote: Remote | undefined;

/**
 * Opens a source that answers in this tab: a worker loads the student and the vectors of a site and runs them.
 *
 * @param address of the site's `site.json`; `?compute=webgpu` or `wasm` behind that of the page says what computes.
 * @throws SourceError where a file of the site is missing, or the browser runs no WebAssembly.
 */
export const openTabSource = async (address: string): Promise<Source> => {
  remote ??= remoteOf(new Worker(new URL('./tab/worker.ts', import.meta.url), { type: 'module' }));
  const call = remote;
  const wish = new URLSearchParams(globalThis.location.search).get('compute');
  await call('open', [address, wish === 'webgpu' || wish === 'wasm' ? wish : 'automatic']);
  const { explains } = (await call('about', [])) as About;
  const explain: NonNullable<Source['explain']> = async (path, question, signal) =>
    (await call('explain', [path, question], { signal })) as Explained;
  return {
    about: async (signal) => (await call('about', [], { signal })) as About,
    pictures: async (...args) => (await call('pictures', args.slice(0, 2), { signal: args[2] })) as PictureList,
    thumbnail: async (path, _, signal) => (await call('thumbnail', [path], { signal })) as Blob,
    ask: async (question, { onProgress, ...options }, signal) =>
      (await call('ask', [question, options], { signal, onProgress })) as Asked,
    like: async (path, top, signal) => (await call('like', [path, top], { signal })) as readonly LikePicture[],
    answers: async (path, question, top, signal) =>
      (await call('answers', [path, question, top], { signal })) as readonly RankedAnswer[],
    ...(explains.length > 0 ? { explain } : {}),
  };
};
