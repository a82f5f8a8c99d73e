import { stat } from 'node:fs/promises';
import { type Logger, pino } from 'pino';
import type { Model } from '../checkpoints/model-file.ts';
import { UserError } from '../errors.ts';
import { escapeControls } from '../files/control-characters.ts';
import { makeFolder } from '../files/disk-errors.ts';
import { openCacheEditor } from '../inference/cache-editor.ts';
import { openExplainer } from '../inference/explain/open-explainer.ts';
import { aboutOf } from '../inference/image-cache.ts';
import { openImageCache } from '../inference/open-image-cache.ts';
import { openPredictor } from '../inference/open-predictor.ts';
import type { Predictor } from '../inference/predictor.ts';
import { sizeRuleOf } from '../inference/size-rule.ts';
import { backendOf, servingOf } from '../inference/store/backends.ts';
import { checkStudent, picturesOf } from '../inference/store/manifest.ts';
import { admission, createGate, type Gate } from './http/admission.ts';
import { createApp } from './http/app.ts';
import { type KeyRing, openKeyRing } from './http/key-ring.ts';
import { listen } from './http/listen.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { readPage } from './http/page.ts';
import { createImagePool, type ImagePool } from './images/image-pool.ts';
import { createThumbnails } from './images/thumbnails.ts';
import { batchedPredictor } from './model/batched-predictor.ts';
import { sharedScan } from './model/shared-scan.ts';
import { measureTeacher } from './model/teacher.ts';
import { warmUp, warmUpScan } from './model/warm-up.ts';
import { defaultLimits, type LogWriter, type ServedCache, type ServerLimits, type ServerOptions } from './options.ts';
import type { Pictures, Services, Store } from './services.ts';
import { viewCache } from './store/cache-view.ts';
import { createStoreWriter, refusingWriter, type StoreWriter } from './store/writing.ts';

/** A server that listens. Stop it, or let `await using` do it. */
export interface Server extends AsyncDisposable {
  /** Address that it listens on: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more requests, finishes those under way, and writes all that was uploaded. */
  stop(): Promise<void>;
  /** Reads the file of keys again now, instead of a second after it has changed. */
  reloadKeys(): Promise<void>;
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
  const limits: ServerLimits = { ...defaultLimits, ...options.limits };
  const log = options.log ? pino({ base: null }, logTo(options.log)) : pino({ enabled: false });
  const keyRing = await keysOf(options, log);
  const gate = createGate(limits.inFlight);
  const metrics = createMetrics({ inFlight: gate.inFlight });
  const onClose: (() => unknown)[] = [() => keyRing?.close()];
  const close = async (): Promise<void> => {
    for (const one of onClose.splice(0).reverse()) await one();
  };
  try {
    return await start(model, options, { limits, log, keyRing, gate, metrics, onClose, close });
  } catch (error) {
    await close();
    throw error;
  }
};

/** Parts of a server that need neither its model nor its port. */
interface Parts {
  readonly limits: ServerLimits;
  readonly log: Logger;
  readonly keyRing: KeyRing | undefined;
  readonly gate: Gate;
  readonly metrics: Metrics;
  /** Clean-up at the end, the last one first. */
  readonly onClose: (() => unknown)[];
  readonly close: () => Promise<void>;
}

const start = async (model: Model, options: ServerOptions, parts: Parts): Promise<Server> => {
  const { host = '127.0.0.1', port = 8080, cors } = options;
  const { limits, log, keyRing, gate, metrics, onClose, close } = parts;
  checkAddress(host, keyRing?.keys().length ?? 0);
  const page = options.page === undefined ? undefined : await readPage(options.page);
  const opened = await openServices(model, options, parts);
  onClose.push(opened.close);
  let isReady = false;
  const services = { ...opened.services, isReady: () => isReady };
  const imageGate = createGate(limits.imagesInFlight);
  const app = createApp(services, { keys: keyRing?.keys, cors, log, page, imageGate });
  const admit = admission({ gate, onRefused: () => metrics.refused('busy') });
  const listening = await listen(app.fetch, { host, port, seconds: limits.seconds, admit });
  onClose.push(() => listening.close(limits.stopSeconds));
  isReady = true;
  log.info({ url: listening.url, caches: [...services.stores.keys()] }, 'listening');
  const stop = once(async () => {
    isReady = false;
    log.info({ inFlight: gate.inFlight() }, 'stopping');
    await close();
    log.info('stopped');
  });
  const reloadKeys = async (): Promise<void> => await keyRing?.reload();
  return { url: listening.url, stop, reloadKeys, [Symbol.asyncDispose]: stop };
};

const keysOf = ({ keys, keyFile }: ServerOptions, log: Logger): Promise<KeyRing | undefined> =>
  openKeyRing({
    ...{ keys, file: keyFile },
    onReload: (count) => log.info({ keys: count }, 'keys read again'),
    onError: (error) => log.error({ err: error }, 'the keys stay as they are'),
  });

/** A function that is called once, and returns the same afterwards. */
const once = (run: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
};

/** Opens the model, the threads that decode images, and the caches, and runs each part of the model once. */
const openServices = async (model: Model, options: ServerOptions, { limits, metrics, log, onClose }: Parts) => {
  const open = await openPredictor(model, { threads: options.threads });
  const predictor = batchedPredictor(open, { most: limits.batch, onRun: metrics.ran });
  const pool = createImagePool({ threads: limits.decoders, milliseconds: 1000 * limits.seconds });
  const onError = (error: unknown): void => log.error({ err: error }, 'a cache was not closed');
  let stores: ReadonlyMap<string, Store> = new Map();
  const close = async (): Promise<void> => {
    await Promise.all([...stores.values()].map(({ writer }) => writer?.close()));
    await Promise.all([...stores.values()].map(({ view }) => view[Symbol.asyncDispose]()));
    await Promise.all([pool.close(), open.close()]);
  };
  try {
    stores = await openStores(predictor, options.caches, onError);
    await Promise.all([warmUp(predictor), pool.start()]);
    for (const { view } of stores.values()) await warmUpScan(predictor, (await view.current()).about);
    const teacher = options.teacher && (await measureTeacher(options.teacher, model, options.threads));
    const thumbnails = createThumbnails(1e6 * limits.thumbnailMegabytes);
    const shown = { pictures: picturesBy(pool, model, limits), thumbnails };
    const scan = sharedScan(predictor, { most: limits.batch, onScan: metrics.scanned });
    const explainer = explainerOf(model, options);
    if (explainer) onClose.push(explainer.close);
    return { services: { model, predictor, scan, ...shown, teacher, stores, limits, metrics, explainer }, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Compiles nothing before it is asked. */
const explainerOf = (model: Model, { teacher, threads }: ServerOptions): Services['explainer'] => {
  const { images, architecture } = model.config;
  if (images !== 1) return undefined;
  const own = { [architecture.towers ? 'student' : 'fusion encoder']: model };
  return openExplainer({ ...(teacher ? { teacher } : {}), ...own }, { threads });
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
  for (const { cache, images, ...named } of caches) {
    const { nameOf, shown, isReadOnly } = await servingOf(cache);
    const { name = nameOf(cache) } = named;
    if (stores.has(name))
      throw new UserError(`${shown(cache)}: another cache is called ${name}, too: give one of them a name`);
    await checkCache(student, { cache, images });
    const open = (folder: string): StoreWriter =>
      isReadOnly ? refusingWriter(shown(cache)) : createStoreWriter(student, { name, cache, images: folder, onError });
    const writer = images === undefined ? undefined : open(images);
    stores.set(name, { name, view: await viewCache(cache, name), images, writer });
  }
  return stores;
};

/** Checks that a cache is the student's; makes it where it is missing and images may be added. */
const checkCache = async (student: Predictor, { cache, images }: ServedCache): Promise<void> => {
  const { readAbout } = await backendOf(cache);
  const { shown, isReadOnly } = await servingOf(cache);
  if (images !== undefined && !isReadOnly && !(await readAbout(cache))) {
    await makeFolder(images);
    await (await openCacheEditor(student, cache)).close();
  }
  if (images !== undefined && !(await stat(images).catch(() => undefined))?.isDirectory())
    throw new UserError(`${images}: there is no such folder: give that of the images of ${shown(cache)}`);
  const { about } = await openImageCache(cache);
  checkStudent(shown(cache), about, aboutOf(student, { pictures: picturesOf(about) }));
};

/** A log whose lines give no orders to the terminal that shows them: paths of requests and files are others' texts. */
const logTo = (log: LogWriter): LogWriter => ({
  write: (line) => log.write(`${escapeControls(line.trimEnd())}\n`),
});
