import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readImageBytes } from '../../data.ts';
import { type Answer, ask, cacheImages, type Example, type Model, openPredictor } from '../../index.ts';
import { latencyReport } from '../measures/latency.ts';
import type { QuestionReport, QuickstartReport } from './content.ts';

/** Question about every cached image. */
const QUESTION = 'is there a small red star?';
const SHOWN = 12;

export interface ServiceOptions {
  /** Folder of the images to cache. */
  readonly images: string;
  readonly examples: readonly Example[];
  /** Folder of the cache; it is removed first, so that the measured time is that of a new cache. */
  readonly to: string;
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Caches images with a student, asks one question about all of them, and measures times of student and teacher. */
export const serviceReport = async (
  { teacher, student }: { readonly teacher: Model; readonly student: Model },
  { images, examples, to, threads, onProgress }: ServiceOptions,
): Promise<Pick<QuickstartReport, 'cache' | 'question' | 'latency'>> => {
  await using opened = await openPredictor(student, { threads });
  await rm(to, { recursive: true, force: true });
  const began = performance.now();
  const cache = await cacheImages(opened, images, {
    to,
    batch: 64,
    precision: 'float32',
    onProgress: ({ done, of }) => onProgress?.(done, of),
  });
  const seconds = (performance.now() - began) / 1000;
  const answers = await ask(opened, cache, QUESTION, { answer: 'yes', top: SHOWN });
  return {
    cache: { images: cache.size, bytes: 4 * cache.about.width * cache.size, seconds },
    question: await questionReport(answers, images),
    latency: await latencyReport({ teacher, student, opened }, { examples, question: QUESTION, cache, threads }),
  };
};

const questionReport = async (answers: readonly Answer[], images: string): Promise<QuestionReport> => ({
  text: QUESTION,
  answers: await Promise.all(
    answers.map(async ({ image, answer, probability }) => ({
      image: await dataUri(join(images, image)),
      path: image,
      answer,
      probability,
    })),
  ),
});

/** A PNG file as a data URI. */
const dataUri = async (path: string): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await readImageBytes(path)).toString('base64')}`;
