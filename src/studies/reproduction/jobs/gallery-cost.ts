import { collate, type Feeds, preprocessorFor } from '../../../data.ts';
import { type Example, openPredictor, type Predictor } from '../../../index.ts';
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

/** Image vectors that the student answers over at once. */
const BLOCK = 512;

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
        const batchOf = await preparedPairs(teacher, examples);
        const timed = { teacher: pairByPair(teacher, batchOf), student: await overVectors(student, batchOf) };
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

/** Feeds of the pairs in some places: the first example's question with the image of each, decoded beforehand. */
type BatchOf = (from: number, to: number) => Feeds;

const preparedPairs = async ({ config }: Predictor, examples: readonly Example[]): Promise<BatchOf> => {
  const { prepare, collate: rule } = preprocessorFor(config, { batch: BATCH });
  const { text } = examples[0]!;
  const prepared = await Promise.all(
    Array.from({ length: TIMED_PAIRS }, (_, i) => prepare({ ...examples[i % examples.length]!, text })),
  );
  return (from, to) => collate(prepared.slice(from, to), rule);
};

/** Asks about as many of the images, each read with the question. */
const pairByPair =
  (teacher: Predictor, batchOf: BatchOf) =>
  async (pairs: number): Promise<void> => {
    for (let from = 0; from < pairs; from += BATCH) await teacher.logits(batchOf(from, Math.min(pairs, from + BATCH)));
  };

/** Asks about as many images, whose vectors repeat those of one block. → the highest logit of each */
const overVectors = async (student: Predictor, batchOf: BatchOf) => {
  const { width } = student;
  const question = batchOf(0, 1);
  const { data: vectors } = await student.imageFeatures(batchOf(0, BLOCK));
  return async (images: number): Promise<Float32Array> => {
    const text = await student.textFeatures(question);
    const highest = new Float32Array(images);
    for (let from = 0; from < images; from += BLOCK) {
      const count = Math.min(BLOCK, images - from);
      const features = { shape: [count, width], data: vectors.subarray(0, count * width) };
      const { data } = await student.answerFeatures(text, features);
      const answers = data.length / count;
      for (let i = 0; i < count; i += 1)
        highest[from + i] = data.subarray(i * answers, (i + 1) * answers).reduce((a, b) => Math.max(a, b));
    }
    return highest;
  };
};
