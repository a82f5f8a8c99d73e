import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, UserError } from '../../errors.ts';
import { makeFolder } from '../../files/disk-errors.ts';
import { mapConcurrent } from '../../files/map-concurrent.ts';
import { makeWholeFolder } from '../../files/whole-folder.ts';
import { seedFor } from '../mulberry32.ts';
import { type Manifest, type Plan, type PlanOptions, planOf } from './manifest.ts';
import { readmeOf } from './readme.ts';
import { type Pixels, renderScene } from './render.ts';
import { type SplitName, splitNames, splits } from './splits.ts';
import { type Row, type Unit, views } from './views.ts';
import type { Scene } from './world.ts';

export interface WriteOptions extends PlanOptions {
  /** Encodes an image as PNG. */
  readonly encodePng: (pixels: Pixels) => Promise<Uint8Array>;
  /** Receives the progress after every few units. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops it; no files are left. */
  readonly signal?: AbortSignal | undefined;
  /** Command that makes the folder, for its README. */
  readonly command?: string | undefined;
}

export interface Progress {
  readonly split: SplitName;
  readonly done: number;
  readonly of: number;
}

const MANIFEST = 'scenes.json';

const readManifest = async (folder: string): Promise<Manifest | undefined> => {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
};

/** The manifest of a folder that is complete already; undefined for a new or empty one. @throws UserError otherwise. */
const alreadyThere = async (folder: string, plan: Plan): Promise<Manifest | undefined> => {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UserError(`${folder}: it is no folder (${error.code}): give an empty or new one`, { cause: error });
  });
  if (files.length === 0) return undefined;
  const manifest = await readManifest(folder);
  if (manifest === undefined)
    throw new UserError(`${folder}: holds ${counted(files.length, 'file')}, no scenes: give an empty or new folder`);
  const { images, rows, ...made } = manifest;
  if (JSON.stringify(made) === JSON.stringify(plan)) return manifest;
  throw new UserError(
    `${folder}: holds other scenes (seed ${made.seed}, ${made.world.name} world, ${JSON.stringify(made.sizes)}): give another folder, or remove it`,
  );
};

/** Units whose images are encoded together. */
const CHUNK = 32;

/** Images that are encoded concurrently. */
const CONCURRENCY = 16;

const nameOf = (split: SplitName, number: number): string => `images/${split}/${String(number).padStart(6, '0')}.png`;

const drawUnit = (plan: Plan, split: SplitName, unit: number): Unit => {
  const { stream, heldOut } = splits[split];
  const rich = split === 'train' ? { texts: plan.questionsPerPair, plain: plan.plain } : { texts: 1, plain: 0 };
  return views[plan.view].draw(plan.world, { seed: seedFor(plan.seed, stream, unit), heldOut, ...rich });
};

interface Chunk {
  readonly split: SplitName;
  readonly units: readonly number[];
  readonly first: number;
}

/** Draws some units and saves their images; `first` is the number of the first image. */
const writeChunk = async (folder: string, chunk: Chunk, plan: Plan, options: WriteOptions): Promise<readonly Row[]> => {
  const { split, units, first } = chunk;
  const drawn = units.map((unit) => drawUnit(plan, split, unit));
  const scenes = drawn.flatMap((unit) => unit.scenes);
  const names = scenes.map((_, place) => nameOf(split, first + place));
  const save = async ([place, scene]: [number, Scene]): Promise<void> => {
    const picture = await options.encodePng(renderScene(scene, plan.pixels));
    await writeFile(join(folder, names[place]!), picture);
  };
  await mapConcurrent([...scenes.entries()], save, CONCURRENCY);
  return drawn.flatMap((unit, place) => {
    const from = place * unit.scenes.length;
    return unit.rows(names.slice(from, from + unit.scenes.length), units[place]!);
  });
};

const writeSplit = async (folder: string, split: SplitName, plan: Plan, options: WriteOptions) => {
  const of = plan.sizes[split]!;
  const rows: Row[] = [];
  await makeFolder(join(folder, 'images', split));
  for (let done = 0; done < of; done += CHUNK) {
    options.signal?.throwIfAborted();
    const units = Array.from({ length: Math.min(CHUNK, of - done) }, (_, place) => done + place + 1);
    const chunk = { split, units, first: done * views[plan.view].pictures + 1 };
    rows.push(...(await writeChunk(folder, chunk, plan, options)));
    options.onProgress?.({ split, done: done + units.length, of });
  }
  await writeFile(join(folder, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { images: of * views[plan.view].pictures, rows: rows.length };
};

const writeAll = async (folder: string, plan: Plan, options: WriteOptions): Promise<Manifest> => {
  const images: { [S in SplitName]?: number } = {};
  const rows: { [S in SplitName]?: number } = {};
  for (const split of splitNames.filter((name) => plan.sizes[name] !== undefined)) {
    const written = await writeSplit(folder, split, plan, options);
    images[split] = written.images;
    rows[split] = written.rows;
  }
  const manifest: Manifest = { ...plan, images, rows };
  const answers = views[plan.view].answers(plan.world);
  if (answers.length > 0) await writeFile(join(folder, 'answers.txt'), `${answers.join('\n')}\n`);
  await writeFile(join(folder, 'README.md'), readmeOf(manifest, options.command));
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
};

/**
 * Writes a data set of scenes in the layout of users' data: `images/<split>/000001.png`, `<split>.jsonl`,
 * `answers.txt`, `README.md`, and `scenes.json` with the options. It is written as `<folder>.partial` and renamed at
 * the end, so that a killed process leaves no incomplete folder. A folder that is complete already stays as it is.
 *
 * @throws UserError where the folder holds something else, another process writes it, or a size is not a positive
 *   integer.
 */
export const writeScenes = async (folder: string, options: WriteOptions): Promise<Manifest> => {
  const plan = planOf(options);
  return await makeWholeFolder(folder, {
    there: () => alreadyThere(folder, plan),
    write: (into) => writeAll(into, plan, options),
  });
};
