import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '../src/checkpoints/load.ts';
import { answer } from '../src/inference/answer.ts';
import { cacheImages } from '../src/inference/cache-images.ts';
import { openPredictor } from '../src/inference/open-predictor.ts';
import type { Predictor } from '../src/inference/predictor.ts';
import { ask } from '../src/inference/query/ask.ts';
import { pathOfPicture, writePictures } from './materials.ts';
import { type Options, startPeer } from './sides.ts';
import { median } from './table.ts';

const QUESTION = 'is there a red circle?';
/** Pictures of the cache, and those from which the time of a pair is extrapolated. */
const [PICTURES, PAIRS] = [1000, 50];
const BATCH = 16;

const asset = (name: string): string => fileURLToPath(new URL(`../assets/${name}`, import.meta.url));

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/**
 * Cost of a question over a folder of pictures: by the fusion encoder, which reads every picture with it; by the student
 * without a cache; and by the student over a cache, which is filled once. → lines for people
 */
export const measureWhole = async (options: Options): Promise<string[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-bench-'));
  const { threads, repeats } = options;
  try {
    await writePictures(folder, PICTURES);
    await using teacher = await openPredictor(await loadModel(asset('teacher-mini.safetensors')), { threads });
    await using student = await openPredictor(await loadModel(asset('student-mini.safetensors')), { threads });
    const turns = { teacher: [] as number[], student: [] as number[], fill: [] as number[], cached: [] as number[] };
    for (let i = 0; i < repeats; i += 1) {
      const to = join(folder, `${i}.cache`);
      turns.teacher.push(await pairByPair(teacher, folder));
      turns.student.push(await pairByPair(student, folder));
      turns.fill.push(await timed(() => cacheImages(student, folder, { to, batch: BATCH })));
      const cache = await cacheImages(student, folder, { to });
      turns.cached.push(await timed(() => ask(student, cache, QUESTION, { top: 10 })));
      await rm(to, { recursive: true });
    }
    const row = (what: string, times: readonly number[]): string => {
      const ratios = turns.teacher.map((each, i) => each / times[i]!);
      return `  ${what.padEnd(52)} ${median(times).toFixed(1).padStart(10)} ms  ${`1/${median(ratios).toFixed(0)}`.padStart(8)}`;
    };
    return [
      `the whole, mini: one question over ${PICTURES} JPEG files of 640 x 480, ${threads} threads`,
      row(`teacher, pair by pair (from ${PAIRS})`, turns.teacher),
      row(`student without a cache (from ${PAIRS})`, turns.student),
      row('student, filling the cache, once', turns.fill),
      row('student over the cache', turns.cached),
      await encoderLine(median(turns.fill), options),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Milliseconds of all pictures one by one, extrapolated from some. */
const pairByPair = async (model: Predictor, folder: string): Promise<number> => {
  const some = await timed(async () => {
    for (let i = 0; i < PAIRS; i += 1) await answer(model, pathOfPicture(folder, i), QUESTION);
  });
  return (some * PICTURES) / PAIRS;
};

/** Pictures cached a second, files and all, beside PyTorch's encoder over patches that are there already. */
const encoderLine = async (fill: number, options: Options): Promise<string> => {
  const ours = (1000 * PICTURES) / fill;
  const cached = `  ${ours.toFixed(0)} pictures cached a second`;
  const request = { work: 'image', size: 'mini', batch: BATCH, threads: options.threads, warm: 2, folder: '' } as const;
  const peer = await startPeer(request, options);
  if (!peer) return cached;
  const times: number[] = [];
  for (let i = 0; i < 20; i += 1) times.push((await peer.run()).milliseconds);
  await peer.quit();
  const theirs = (1000 * BATCH) / median(times);
  return `${cached}; PyTorch's encoder alone, no file read, ${theirs.toFixed(0)}: ${(ours / theirs).toFixed(2)} of that`;
};
