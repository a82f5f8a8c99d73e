import { randomBytes } from 'node:crypto';
import { copyFile, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHalf, toHalf } from '../../checkpoints/formats/dtypes.ts';
import type { Model } from '../../checkpoints/model-file.ts';
import { saveModel } from '../../checkpoints/save-model.ts';
import { counted, UserError } from '../../errors.ts';
import { readError } from '../../files/disk-errors.ts';
import { walk } from '../../files/walk.ts';
import { makeWholeFolder } from '../../files/whole-folder.ts';
import { aboutOf, type ImageCache } from '../../inference/image-cache.ts';
import { openPredictor } from '../../inference/open-predictor.ts';
import { checkAnswers } from '../../inference/predictor.ts';
import { checkStudent } from '../../inference/store/manifest.ts';
import { writeCacheFiles } from './cache-files.ts';
import { siteFile } from './site-file.ts';
import type { SiteOptions } from './site-options.ts';
import { writeThumbnails } from './thumbnails.ts';

/** Bytes of a site. */
export interface SiteReport {
  readonly images: number;
  readonly bytes: {
    readonly page: number;
    readonly runtime: number;
    readonly student: number;
    readonly teacher: number;
    readonly cache: number;
    readonly thumbnails: number;
    readonly all: number;
  };
}

/** Files of onnxruntime-web that a page without a graphics processor needs. */
export const runtimeFiles = ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'] as const;

/** Files of onnxruntime-web that a page needs, too, to compute on a graphics processor; its browser loads these alone. */
export const gpuRuntimeFiles = ['ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'] as const;

/**
 * Writes a folder that any host of files can serve: the page, the student, the cached vectors and small pictures. The page
 * runs the student in the browser. The folder is made whole or not at all.
 *
 * @throws UserError where the cache is another student's, the folder holds something, a part of the page is missing, or the
 *   disk refuses.
 */
export const writeSite = async (student: Model, cache: ImageCache, options: SiteOptions): Promise<SiteReport> => {
  const {
    to,
    images,
    page,
    runtime,
    teacher,
    title = cache.folder,
    side = 320,
    examples = [],
    provider = 'wasm',
  } = options;
  await using predictor = await openPredictor(student, { threads: 1 });
  if (student.config.purpose.logits) checkAnswers(predictor);
  checkStudent(cache.folder, cache.about, aboutOf(predictor));
  if (teacher) checkTeacher(teacher, student);
  const write = async (into: string): Promise<SiteReport> => {
    await copyPage(page, into);
    await copyRuntime(runtime, join(into, siteFile.runtime), provider);
    await saveSmall(join(into, siteFile.student), student);
    if (teacher) await saveSmall(join(into, siteFile.teacher), teacher);
    const stamp = randomBytes(16).toString('hex');
    await writeCacheFiles(join(into, siteFile.cache), cache, stamp);
    await writeThumbnails(join(into, siteFile.thumbnails), cache, { ...options, images, side });
    const model = options.name ?? student.config.task;
    const has = { hasTeacher: teacher !== undefined, hasGpuRuntime: provider === 'webgpu' };
    const about = { format: 1, title, model, images: cache.size, side, examples, ...has };
    await writeFile(join(into, siteFile.about), `${JSON.stringify(about, null, 2)}\n`);
    return { images: cache.size, bytes: await sizesOf(into) };
  };
  return await makeWholeFolder<SiteReport>(to, { there: () => refuseFull(to), write });
};

const refuseFull = async (folder: string): Promise<undefined> => {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw readError(folder, error);
  });
  if (names.length > 0)
    throw new UserError(`${folder}: it holds ${counted(names.length, 'file')} already: give an empty or new folder`);
};

const copyRuntime = async (
  runtime: string,
  into: string,
  provider: NonNullable<SiteOptions['provider']>,
): Promise<void> => {
  await mkdir(into);
  for (const name of provider === 'webgpu' ? [...runtimeFiles, ...gpuRuntimeFiles] : runtimeFiles)
    await copyFile(join(runtime, name), join(into, name)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new UserError(`${runtime}: it has no ${name}: give the folder of onnxruntime-web's files`);
    });
};

/** Copies the page, and marks it as one of a site, so that it asks no service. */
const copyPage = async (page: string, into: string): Promise<void> => {
  const isThere = await stat(join(page, 'index.html')).catch(() => undefined);
  if (!isThere) throw new UserError(`${page}: it has no index.html: build the page, npm run build`);
  await cp(page, into, { recursive: true });
  const index = await readFile(join(into, 'index.html'), 'utf8');
  const mark = `<meta name="dide-site" content="${siteFile.about}" />`;
  await writeFile(join(into, 'index.html'), index.replace('</head>', `${mark}</head>`));
};

/** @throws UserError where a teacher does something else than the student. */
const checkTeacher = ({ config: { task } }: Model, { config }: Model): void => {
  if (task === config.task) return;
  throw new UserError(
    `the teacher (${task}) does something else than the student (${config.task}): give one of its task`,
  );
};

/** Saves a model in half precision where that loses nothing. */
const saveSmall = (path: string, model: Model): Promise<void> =>
  saveModel(path, model, { dtype: isHalf(model) ? 'F16' : 'F32' });

/** Whether all weights are numbers of half precision, so that a file of half the size loses nothing. */
const isHalf = ({ weights }: Model): boolean =>
  [...weights.values()].every(({ data }) => {
    const halves = fromHalf(toHalf(data));
    return data.every((number, i) => number === halves[i]);
  });

/** Bytes of the parts of a site. */
const sizesOf = async (folder: string): Promise<SiteReport['bytes']> => {
  const { files } = await walk(folder, { isWanted: () => true });
  const sum = (isMeant: (path: string) => boolean): number =>
    files.reduce((bytes, file) => bytes + (isMeant(file.path) ? file.bytes : 0), 0);
  const { runtime, student, teacher, cache, thumbnails } = siteFile;
  const parts = {
    runtime: sum((path) => path.startsWith(`${runtime}/`)),
    student: sum((path) => path === student),
    teacher: sum((path) => path === teacher),
    cache: sum((path) => path.startsWith(`${cache}/`)),
    thumbnails: sum((path) => path.startsWith(`${thumbnails}/`)),
  };
  const all = sum(() => true);
  return { page: Object.values(parts).reduce((rest, bytes) => rest - bytes, all), ...parts, all };
};
