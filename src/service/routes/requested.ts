import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import type { NamedBytes } from '../images/image-job.ts';
import { Problem, problemBody, problemOf } from '../problem.ts';
import type { PreparedImages, Services, Store, StoreWithImages } from '../services.ts';
import { placeOf } from '../store/image-paths.ts';
import type { ImageRef } from './schemas.ts';

/** The cache of a name; without one the first. @throws Problem 404 where there is none. */
export const storeNamed = ({ stores }: Services, name: string | undefined): Store => {
  const store = name === undefined ? [...stores.values()][0] : stores.get(name);
  if (store) return store;
  throw new Problem(404, `there is no cache of this name: /v1/caches lists those that are served`);
};

/** A cache whose images are served. @throws Problem 404 or, where they are not, 422. */
export const imagesOf = (services: Services, name: string | undefined): StoreWithImages => {
  const { view, images, writer, ...store } = storeNamed(services, name);
  if (images !== undefined && writer) return { ...store, view, images, writer };
  throw new Problem(422, `${store.name}: its images are not served: start the server with their folder (--images)`);
};

/**
 * Reads the file of a cached image.
 *
 * @throws Problem 404 where it is not cached, 403 where a link leads out of the folder.
 */
export const readCached = async ({ view, images }: StoreWithImages, path: string): Promise<NamedBytes> => {
  // only what the cache names is read, whatever the path says
  if (!(await view.has(path))) throw notCached();
  return { bytes: await readFile(await placeOf(images, path)), where: path };
};

export const notCached = (): Problem =>
  new Problem(404, 'no image of this path is cached: the list of images has those that are');

const bytesOf = async (services: Services, image: ImageRef, number: number): Promise<NamedBytes> => {
  if ('path' in image) return await readCached(imagesOf(services, image.cache), image.path);
  const bytes = Buffer.from(image.base64, 'base64');
  if (bytes.length > services.limits.megabytes * 1e6)
    throw new Problem(413, `image ${number}: it has more than ${services.limits.megabytes} million bytes`);
  return { bytes, where: `image ${number}` };
};

/** Reads and decodes the images of a request. @throws Problem 404, 413 or 422. */
export const preparedImages = async (services: Services, images: readonly ImageRef[]): Promise<PreparedImages> =>
  await Promise.all(
    images.map(async (image, i) => (await services.pictures.prepare(await bytesOf(services, image, i + 1))).picture),
  );

/** Collects sentences about a text. */
export const collectWarnings = () => {
  const warnings: string[] = [];
  return { warnings, onWarning: (message: string) => void warnings.push(message) };
};

/** @throws UserError where a model was trained for another task. */
export const checkTask = ({ model: { config } }: Services, task: string, does: string): void => {
  if (config.task === task) return;
  throw new UserError(`the model (${config.task}) does something else: to ${does}, serve a student of ${task}`);
};

/** A result, and the milliseconds that it took. */
export const timed = async <T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly milliseconds: number }> => {
  const began = performance.now();
  const result = await run();
  return { result, milliseconds: Math.round(100 * (performance.now() - began)) / 100 };
};

/**
 * Values as lines of JSON, made as fast as they are read. Where making the first one fails, this throws, so that the
 * response can say it; where a later one does, the problem is the last line.
 */
export const linesOf = async (
  values: AsyncGenerator<object, void>,
  requestId: string,
): Promise<ReadableStream<Uint8Array>> => {
  const encoder = new TextEncoder();
  const asProblem = (error: unknown): IteratorResult<object, void> => {
    const problem = problemOf(error) ?? new Problem(500, 'a fault of the server');
    return { done: false, value: { problem: problemBody(problem, requestId) } };
  };
  let next = await values.next();
  return new ReadableStream({
    pull: async (controller) => {
      if (next.done) return controller.close();
      controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
      next = await values.next().catch(asProblem);
    },
    cancel: async () => {
      await values.return();
    },
  });
};
