import { collate, preprocessorFor } from '../../../data.ts';
import { ask, type Example, type ImageCache, openPredictor, type Predictor } from '../../../index.ts';
import { jobOf, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import { STUDIED, understanding } from '../tasks.ts';
import { modelsFor } from './cost.ts';
import { scenesFolder } from './scenes.ts';

/** Numbers of images about which one question is asked. */
export const galleries = [1, 10, 100, 1000, 10_000, 100_000] as const;

/** Rounds, in each of which both models are timed once at every number, in turns. */
export const ROUNDS = 5;

/** Most pairs that the teacher is timed over; its time over more images follows from it, as each pair costs the same. */
export const TIMED_PAIRS = 1000;

/** Pairs that the teacher sees at once. */
const BATCH = 64;

/** Name of the measures of one round at one number of images, each model's milliseconds by its name. */
export const galleryMeasure = (images: number, round: number): string => `${images} images, round ${round}`;

/**
 * Time of one question about N images: the teacher reads each image with the question, the student's text encoder,
 * interaction and head answer over image vectors in memory. Images are decoded, and those of the student encoded, before
 * the clock starts. Neither model is trained on questions, which makes no difference to its speed.
 */
export const galleryCostJob = (): PlannedJob =>
  jobOf(
    { kind: 'gallery cost' },
    {
      ...{ needs: [], part: 'cost', view: STUDIED, isAlone: true },
      execute: async ({ folder, encoder, threads, onProgress }) => {
        const data = scenesFolder(folder, STUDIED);
        const examples = await understanding[STUDIED].read(data, 'test-iid');
        const models = await modelsFor(encoder, STUDIED, data);
        await using teacher = await openPredictor(models.teacher, { threads });
        await using student = await openPredictor(models.student, { threads });
        const vectors = await vectorsOf(student, examples.slice(0, TIMED_PAIRS));
        const timed = {
          teacher: await pairByPair(teacher, examples),
          student: (images: number) => ask(student, repeated(student, vectors, images), examples[0]!.text, { top: 1 }),
        };
        const measures: Record<string, Record<string, number>> = {};
        // round 0 is not measured: the sessions are compiled in it
        for (let round = 0; round <= ROUNDS; round += 1) {
          for (const images of galleries) {
            const pairs = Math.min(images, TIMED_PAIRS);
            const teacherTime = (await millisecondsOf(() => timed.teacher(pairs))) * (images / pairs);
            const studentTime = await millisecondsOf(() => timed.student(images));
            if (round > 0) measures[galleryMeasure(images, round)] = { teacher: teacherTime, student: studentTime };
          }
          onProgress({ done: round, of: ROUNDS });
        }
        return { measures } satisfies Pick<Result, 'measures'>;
      },
    },
  );

const millisecondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** Asks the first example's question about as many of the images, each read with the question. */
const pairByPair = async (teacher: Predictor, examples: readonly Example[]) => {
  const { prepare, collate: rule } = preprocessorFor(teacher.config, { batch: BATCH });
  const prepared = await Promise.all(
    Array.from({ length: TIMED_PAIRS }, (_, i) => {
      const example = examples[i % examples.length]!;
      return prepare({ ...example, text: examples[0]!.text });
    }),
  );
  return async (pairs: number): Promise<void> => {
    for (let from = 0; from < pairs; from += BATCH)
      await teacher.logits(collate(prepared.slice(from, Math.min(pairs, from + BATCH)), rule));
  };
};

/** Features of the images of examples: [examples, width]. */
const vectorsOf = async (student: Predictor, examples: readonly Example[]): Promise<Float32Array> => {
  const { prepare, collate: rule } = preprocessorFor(student.config, { batch: BATCH });
  const all = new Float32Array(examples.length * student.width);
  for (let from = 0; from < examples.length; from += BATCH) {
    const batch = await Promise.all(examples.slice(from, from + BATCH).map((one) => prepare(one)));
    all.set((await student.imageFeatures(collate(batch, rule))).data, from * student.width);
  }
  return all;
};

/** A cache in memory of so many images, the features of which repeat. */
const repeated = (student: Predictor, vectors: Float32Array, size: number): ImageCache => {
  const { width } = student;
  const kept = vectors.length / width;
  const paths = Array.from({ length: kept }, (_, i) => `${i}.png`);
  return {
    folder: 'memory',
    about: {
      ...{ format: 1, student: student.identity(), task: STUDIED, modality: 1, width },
      preprocessing: { resize: 'pillow-bicubic', shortest: 0, multiple: 0 },
    },
    size,
    entries: [],
    blocks: async function* (rows = kept) {
      const most = Math.min(rows, kept);
      for (let done = 0; done < size; done += most) {
        const count = Math.min(most, size - done);
        const data = vectors.subarray(0, count * width);
        yield { paths: paths.slice(0, count), entries: [], features: { shape: [count, width], data } };
      }
    },
  };
};
