import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, ask, cacheImages, type Example, type Model, openPredictor } from '../../index.ts';
import { latencyReport } from '../measures/latency.ts';
import type { QuestionReport, QuickstartReport } from './content.ts';
import { dataUri } from './examples.ts';

/** What is asked of every cached picture. */
const QUESTION = 'is there a small red star?';
const SHOWN = 12;

export interface ServiceOptions {
  /** The folder of pictures to cache, and examples about them. */
  readonly images: string;
  readonly examples: readonly Example[];
  /** Where the cache goes; what was there is removed, so that caching is timed from nothing. */
  readonly to: string;
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Caches pictures with a student, asks one question of all of them, and times it beside its teacher. */
export const serviceReport = async (
  { teacher, student }: { readonly teacher: Model; readonly student: Model },
  { images, examples, to, threads, onProgress }: ServiceOptions,
): Promise<Pick<QuickstartReport, 'cache' | 'question' | 'latency'>> => {
  const cores = threads === undefined ? {} : { threads };
  await using opened = await openPredictor(student, cores);
  await rm(to, { recursive: true, force: true });
  const began = performance.now();
  const cache = await cacheImages(opened, images, {
    to,
    batch: 64,
    onProgress: ({ done, of }) => onProgress?.(done, of),
  });
  const seconds = (performance.now() - began) / 1000;
  const answers = await ask(opened, cache, QUESTION, { answer: 'yes', top: SHOWN });
  return {
    cache: { images: cache.entries.length, bytes: 4 * cache.about.width * cache.entries.length, seconds },
    question: await questionReport(answers, images),
    latency: await latencyReport({ teacher, student, opened }, { examples, question: QUESTION, cache, ...cores }),
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
