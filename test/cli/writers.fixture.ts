import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { encodePng } from '../../src/data/image.ts';
import { cacheImages, createStudent, saveModel } from '../../src/index.ts';
import { runtimeFiles } from '../../src/server.ts';
import { writeScenes } from '../../src/studies/scenes/write.ts';
import { nanoDescription, nanoWorld, writeNano } from '../fixtures/nano.ts';

/** Data and untrained models of the smallest size, with which every verb can be run. */
export interface NanoPlace {
  readonly root: string;
  /** Pictures with questions. */
  readonly data: string;
  /** Pictures with captions. */
  readonly captions: string;
  readonly teacher: string;
  readonly student: string;
  /** Cache of the pictures by the student. */
  readonly cache: string;
  /** A page, and what stands for the files of onnxruntime-web. */
  readonly page: string;
}

/** Makes the place before the tests of a file, and removes it after them. */
export const nanoPlaceForTests = (): (() => NanoPlace) => {
  let place: NanoPlace;
  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), 'dide-writers-'));
    const at = (name: string): string => join(root, name);
    place = {
      ...{ root, data: at('data'), captions: at('captions') },
      ...{ teacher: at('teacher.safetensors'), student: at('student.safetensors') },
      ...{ cache: at('photos.cache'), page: at('page') },
    };
    await writeNano(place.data, 16);
    await giveIds(join(place.data, 'validation.jsonl'));
    const sizes = { train: 16, validation: 8 };
    await writeScenes(place.captions, { seed: 1, view: 'pretraining', world: nanoWorld, sizes, encodePng });
    const model = createModel(nanoDescription('vilt'), 1);
    await saveModel(place.teacher, model);
    const student = createStudent(model, { depth: 1 });
    await saveModel(place.student, student);
    await cacheImages(student, join(place.data, 'images'), { to: place.cache, threads: 1 });
    mkdirSync(place.page);
    for (const name of ['index.html', ...runtimeFiles]) writeFileSync(join(place.page, name), '<head></head>');
  }, 60_000);
  afterAll(() => rm(place.root, { recursive: true, force: true }));
  return () => place;
};

/** Gives the questions of a file their numbers as ids, which a submission needs. */
const giveIds = async (path: string): Promise<void> => {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  const rows = lines.map((line, i) => `${JSON.stringify({ ...JSON.parse(line), question_id: i })}\n`);
  await writeFile(path, rows.join(''));
};

/** Arguments of a verb that writes, given where to. */
type Writer = (out: string, place: NanoPlace) => string[];

const few = ['--batch', '4', '--updates', '2', '--threads', '1'];

/** Each verb that writes a folder, by its name and what tells its ways apart. */
export const folderWriters: Readonly<Record<string, Writer>> = {
  scenes: (out) => ['scenes', out, '--tiny'],
  'convert to webdataset': (out, { data }) => ['convert', data, '--to', out],
  'convert to parquet': (out, { data }) => ['convert', data, '--to', out, '--format', 'parquet'],
  finetune: (out, { teacher, data }) => ['finetune', '--from', teacher, '--data', data, '--out', out, ...few],
  'finetune --cache-teacher': (out, { root, teacher, student, data }) => [
    ...['finetune', '--teacher', teacher, '--from', student, '--data', data, '--cache-teacher', out],
    ...['--out', join(root, `cached-${process.hrtime.bigint()}`), ...few],
  ],
  pretrain: (out, { captions }) => [
    ...['pretrain', '--from-scratch', '--size', 'tiny', '--data', captions, '--out', out, ...few],
  ],
  cache: (out, { student, data }) => ['cache', student, join(data, 'images'), '--to', out, '--threads', '1'],
  site: (out, { student, data, cache, page }) => [
    ...['site', student, cache, '--images', join(data, 'images'), '--to', out, '--page', page, '--runtime', page],
  ],
  'export to onnx': (out, { student }) => ['export', student, '--out', out, '--threads', '1'],
  'export to huggingface': (out, { teacher }) => ['export', teacher, '--to', 'huggingface', '--out', out],
  quickstart: (out) => ['quickstart', '--tiny', '--out', out, '--threads', '1'],
  reproduce: (out) => ['reproduce', '--tiny', '--out', out],
  remake: (out, { root }) => ['remake', 'pretrained-mini', '--out', join(root, 'never.safetensors'), '--folder', out],
  fetch: (out) => ['fetch', 'easy-vqa', out],
};

/** Each verb that writes a file, likewise. */
export const fileWriters: Readonly<Record<string, Writer>> = {
  'evaluate --predictions': (out, { student, data }) => ['evaluate', student, '--data', data, '--predictions', out],
  'evaluate --submission': (out, { student, data }) => ['evaluate', student, '--data', data, '--submission', out],
  'export to safetensors': (out, { student }) => ['export', student, '--to', 'safetensors', '--out', out],
  explain: (out, { student, data }) => [
    ...['explain', student, join(data, 'images/validation/000001.png'), 'is there a red star?', '--to', out],
  ],
  'remake --out': (out) => ['remake', 'pretrained-mini', '--out', out],
};

/**
 * Verbs that write nothing, to the Hub or into its cache alone (`src/hub/download.test.ts`), or one small file at their end: a table of what was found (`src/files/write-table.test.ts`), a
 * key, an uploaded image (`test/service`).
 */
export const readers = [
  'answer',
  'ask',
  'search',
  'entail',
  'reason',
  'inspect',
  'serve',
  'key',
  'pull',
  'push',
] as const;

/** Programs that stand for those that download, and never end by themselves. */
export const fakeDownloads = (folder: string) => {
  const begun = join(folder, 'begun');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'python3'), `#!/bin/sh\necho 1 > '${begun}'\nexec sleep 1000\n`, { mode: 0o755 });
  }
  return { begun, env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } };
};
