import { galleryOf, preprocessorFor, recalls, scoreRetrieval } from '../../../data.ts';
import { adaptModel, createStudent, finetune, type Model, retrieval } from '../../../index.ts';
import { retrievalStages } from '../comparisons.ts';
import type { Context } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import { PRETRAINED_TEACHER, type RetrievalStudentRun, type Run, type TeacherRun } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { measuredSplits, scenesFolder } from './scenes.ts';
import { type Schedule, trainingOptions, trainToEnd } from './training.ts';

const teacherRun: TeacherRun = { kind: 'teacher', task: 'retrieval' };

/** A fusion encoder ranks sixteen texts for each image: so it gets as many pairs an update as a student. */
const TEACHER = { learningRate: 6e-4, batchRatio: 1 / 8 } as const;

const STUDENT_RATE = 1e-3;

/** The fusion encoder, fine-tuned to rank texts for images. */
export const retrievalTeacherJob = ({ batch, updates }: ReproductionSize): PlannedJob =>
  jobOf(teacherRun, {
    needs: [PRETRAINED_TEACHER],
    cost: 2 * updates.teacher,
    execute: async (context) => {
      const start = await loadRun(context.folder, PRETRAINED_TEACHER);
      const model = adaptModel(start, { task: retrieval, answers: [], seed: 0 });
      const schedule = {
        learningRate: TEACHER.learningRate,
        batch: Math.max(2, batch * TEACHER.batchRatio),
        seed: 0,
        updates: updates.teacher,
      };
      return tuned(teacherRun, { model, teacher: undefined }, schedule, context);
    },
  });

/** The students for retrieval with one seed. */
export const retrievalJobs = (size: ReproductionSize, seed: number): PlannedJob[] =>
  retrievalStages.map(({ variant, initFrom }) =>
    retrievalJob({ kind: 'retrieval student', variant, initFrom, seed }, size),
  );

const retrievalJob = (run: RetrievalStudentRun, { batch, updates }: ReproductionSize): PlannedJob => {
  const { seed, initFrom, variant } = run;
  const startRun: Run = initFrom === 'teacher' ? PRETRAINED_TEACHER : { kind: 'pretrained student', seed };
  return jobOf(run, {
    needs: [startRun, teacherRun],
    cost: updates.student,
    execute: async (context) => {
      const teacher = variant === 'attention' ? await loadRun(context.folder, teacherRun) : undefined;
      const start = await loadRun(context.folder, startRun);
      const head = { task: retrieval, answers: [], seed };
      const model = initFrom === 'stage 1' ? adaptModel(start, head) : createStudent(start, head);
      const schedule = { learningRate: STUDENT_RATE, seed, batch, updates: updates.student };
      return tuned(run, { model, teacher }, schedule, context);
    },
  });
};

const tuned = async (
  run: Run,
  { model, teacher }: { readonly model: Model; readonly teacher: Model | undefined },
  schedule: Schedule,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const data = scenesFolder(context.folder, 'retrieval');
  const steps = finetune(model, {
    ...trainingOptions(run, schedule, context),
    teacher,
    task: retrieval,
    data,
    queries: 'valid',
  });
  const training = await trainToEnd(run, model, steps, context);
  const best = await loadRun(context.folder, run);
  const measures: Record<string, Record<string, number>> = {};
  for (const split of measuredSplits)
    measures[split] = await recallsOf(best, await retrieval.read(data, split), context);
  return { training: { ...training, learningRate: schedule.learningRate }, measures };
};

/** Recall over the whole gallery of a split. */
const recallsOf = async (
  model: Model,
  examples: Awaited<ReturnType<typeof retrieval.read>>,
  { threads }: Context,
): Promise<Record<string, number>> => {
  const { scores, ...gallery } = await scoreRetrieval(model, galleryOf(examples), {
    preprocessor: preprocessorFor(model.config, { batch: 64 }),
    threads,
  });
  return recalls(scores, gallery);
};
