import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Model } from '../checkpoints/model-file.ts';
import { UserError } from '../errors.ts';
import { makeFolder } from '../files/disk-errors.ts';
import { openCacheEditor } from '../inference/cache-editor.ts';
import { aboutOf } from '../inference/image-cache.ts';
import { openImageCache } from '../inference/open-image-cache.ts';
import { openPredictor } from '../inference/open-predictor.ts';
import type { Predictor } from '../inference/predictor.ts';
import { sizeRuleOf } from '../inference/size-rule.ts';
import { checkStudent, picturesOf } from '../inference/store/manifest.ts';
import { readAbout } from '../inference/store/manifest-file.ts';
import { createGate } from './http/admission.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { readPage } from './http/page.ts';
import { createImagePool, type ImagePool } from './images/image-pool.ts';
import { createThumbnails } from './images/thumbnails.ts';
import { batchedPredictor } from './model/batched-predictor.ts';
import { measureTeacher } from './model/teacher.ts';
import { warmUp } from './model/warm-up.ts';
import { defaultLimits, type ServedCache, type ServerLimits, type ServerOptions } from './options.ts';
import type { Pictures, Store } from './services.ts';
import { viewCache } from './store/cache-view.ts';
import { createStoreWriter } from './store/writing.ts';

/** A server that listens. Stop it, or let `await using` do it. */
export interface Server extends AsyncDisposable {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more requests, finishes those under way, and writes all that was uploaded. */
  stop(): Promise<void>;
}

/**
 * Serves a model and caches of its images over HTTP. It listens once the model has run.
 *
 *   await using server = await createServer(await loadModel('student.safetensors'), {
 *     caches: [{ cache: 'photos.cache', images: 'photos' }],
 *   });
 *
 * @throws UserError where a cache is another student's, the address may not be had, or one other than this machine's own
 * is to be served without keys.
 */
export const createServer = async (model: Model, options: ServerOptions): Promise<Server> => {
  const { host = '127.0.0.1', port = 8080, keys, cors } = options;
  checkAddress(host, keys?.length ?? 0);
  const limits: ServerLimits = { ...defaultLimits, ...options.limits };
  const log = options.log ? pino({ base: null }, options.log) : pino({ enabled: false });
  const gate = createGate(limits.inFlight, () => metrics.refused('busy'));
  const imageGate = createGate(limits.imagesInFlight, () => metrics.refused('busy'));
  const metrics = createMetrics({ inFlight: gate.inFlight });
  const opened = await openServices(model, options, { limits, metrics, log });
  let isReady = false;
  try {
    const services = { ...opened.services, isReady: () => isReady };
    const page = options.page === undefined ? undefined : await readPage(options.page);
    const app = createApp(services, { keys, cors, log, page, gate, imageGate });
    const listening = await listen(app.fetch, { host, port, seconds: limits.seconds });
    isReady = true;
    log.info({ url: listening.url, caches: [...services.stores.keys()] }, 'listening');
    const stop = once(async () => {
      isReady = false;
      log.info({ inFlight: gate.inFlight() }, 'stopping');
      await listening.close(limits.stopSeconds);
      await opened.close();
      log.info('stopped');
    });
    return { url: listening.url, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await opened.close();
    throw error;
  }
};

/** A function that is called once, and returns the same afterwards. */
const once = (run: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
};

interface Watched {
  readonly limits: ServerLimits;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Opens the model, the threads that decode images, and the caches, and runs each part of the model once. */
const openServices = async (model: Model, options: ServerOptions, { limits, metrics, log }: Watched) => {
  const open = await openPredictor(model, { threads: options.threads });
  const predictor = batchedPredictor(open, { most: limits.batch, onRun: metrics.ran });
  const pool = createImagePool({ threads: limits.decoders, milliseconds: 1000 * limits.seconds });
  const onError = (error: unknown): void => log.error({ err: error }, 'a cache was not closed');
  let stores: ReadonlyMap<string, Store> = new Map();
  const close = async (): Promise<void> => {
    await Promise.all([...stores.values()].map(({ writer }) => writer?.close()));
    await Promise.all([pool.close(), open.close()]);
  };
  try {
    stores = await openStores(predictor, options.caches, onError);
    await Promise.all([warmUp(predictor), pool.start()]);
    const teacher = options.teacher && (await measureTeacher(options.teacher, model, options.threads));
    const thumbnails = createThumbnails(1e6 * limits.thumbnailMegabytes);
    const shown = { pictures: picturesBy(pool, model, limits), thumbnails };
    const { explain } = options;
    return { services: { model, predictor, ...shown, teacher, stores, limits, metrics, explain }, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** @throws UserError where everybody in the network could ask. */
const checkAddress = (host: string, keys: number): void => {
  if (keys > 0 || /^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
  throw new UserError(
    `${host}: others than this machine could ask there, and no key is asked for: make one (dide key) and give its file (--key-file), or listen on 127.0.0.1`,
  );
};

const picturesBy = (pool: ImagePool, { config }: Model, { megapixels }: ServerLimits): Pictures => {
  const shown = { pictures: 'as-shown', maxMegapixels: megapixels } as const;
  const rule = sizeRuleOf(config);
  return {
    prepare: (image) => pool.run({ kind: 'prepare', rule, ...shown, ...image }),
    sizeOf: (image) => pool.run({ kind: 'size', ...shown, ...image }),
    thumbnail: (image, side) => pool.run({ kind: 'thumbnail', side, ...shown, ...image }),
  };
};

const openStores = async (
  student: Predictor,
  caches: readonly ServedCache[],
  onError: (error: unknown) => void,
): Promise<ReadonlyMap<string, Store>> => {
  const stores = new Map<string, Store>();
  for (const { cache, images, name = basename(cache).replace(/\.cache$/, '') } of caches) {
    if (stores.has(name))
      throw new UserError(`${cache}: another cache is called ${name}, too: give one of them a name`);
    await checkCache(student, { cache, images });
    const writer = images === undefined ? undefined : createStoreWriter(student, { cache, images, onError });
    stores.set(name, { name, view: viewCache(cache), images, writer });
  }
  return stores;
};

/** Checks that a cache is the student's; makes it where it is missing and images may be added. */
const checkCache = async (student: Predictor, { cache, images }: ServedCache): Promise<void> => {
  if (images !== undefined && !(await readAbout(cache))) {
    await makeFolder(images);
    await (await openCacheEditor(student, cache)).close();
  }
  if (images !== undefined && !(await stat(images).catch(() => undefined))?.isDirectory())
    throw new UserError(`${images}: there is no such folder: give that of the images of ${cache}`);
  const { about } = await openImageCache(cache);
  checkStudent(cache, about, aboutOf(student, { pictures: picturesOf(about) }));
};
