/**
 * A cache of so many images that never were: rows of random numbers, written by the store's own writer, so that a
 * question over a million can be timed without a million pictures.
 *
 *     npx tsx bench/generated-store.ts assets/student-mini.safetensors 1000000 million.cache
 *     npx tsx bench/generated-store.ts assets/student-mini.safetensors 1000000 million.i8.cache int8
 *     npx tsx bench/generated-store.ts assets/student-mini.safetensors 1000000 second.cache float16 1000000
 *     npx tsx bench/generated-store.ts assets/student-mini.safetensors 100000 postgres://me@localhost/pictures
 */
import { loadModel } from '../src/checkpoints/load.ts';
import { keyOf, uniform } from '../src/engine/random.ts';
import { aboutOf } from '../src/inference/image-cache.ts';
import { openPredictor } from '../src/inference/open-predictor.ts';
import type { Predictor } from '../src/inference/predictor.ts';
import { backendOf } from '../src/inference/store/backends.ts';
import type { Precision } from '../src/inference/store/row-format.ts';
import type { Placeless } from '../src/inference/store/writer.ts';

/** Size, form and place of a generated cache. */
export interface Generated {
  readonly to: string;
  readonly images: number;
  readonly precision: Precision;
  /** Number of the first of them. Default 0. */
  readonly from?: number | undefined;
}

/** Images that are written together. */
const AT_ONCE = 16_384;
const DAY = 86_400_000;

/** File of an image: a folder a thousand, a day each hundred; every tenth does not say when it was taken. */
const fileOf = (i: number): Placeless => ({
  path: `${2000 + Math.floor(i / 40_000)}/${`${Math.floor(i / 1000)}`.padStart(4, '0')}/IMG_${`${i}`.padStart(7, '0')}.jpg`,
  bytes: 50_000 + ((i * 7919) % 4_000_000),
  modified: 946_684_800_000 + Math.floor(i / 100) * DAY,
  taken: i % 10 === 0 ? null : 946_684_800_000 + Math.floor(i / 100) * DAY,
  sha256: i.toString(16).padStart(64, '0'),
});

/** Writes a cache of a student; the same one for a number of images every time. */
export const generateStore = async (
  student: Predictor,
  { to, images, precision, from = 0 }: Generated,
): Promise<void> => {
  const about = aboutOf(student, { precision });
  await using writer = await (await backendOf(to)).openWriter(to, about);
  for (let first = writer.entries.size; first < images; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, images - first);
    const numbers = uniform(keyOf(0, 'generated store', from + first), new Float32Array(count * about.width));
    await writer.append(
      Array.from({ length: count }, (_, i) => fileOf(from + first + i)),
      numbers.map((x) => 4 * x - 2),
    );
  }
  await writer.finish();
};

if (import.meta.filename === process.argv[1]) {
  const [file, images, to, precision = 'float16', from = '0'] = process.argv.slice(2);
  if (to === undefined) throw new Error('generated-store: give a student, a number of images and a folder');
  await using student = await openPredictor(await loadModel(file!), { threads: 1 });
  await generateStore(student, { to, images: Number(images), precision: precision as Precision, from: Number(from) });
}
