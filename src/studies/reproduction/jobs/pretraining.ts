import { createStudent, loadModel, type Model, pretrain } from '../../../index.ts';
import type { Context } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import { PRETRAINED_TEACHER, type PretrainedStudentRun, type Run } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { pretrainingStart, sceneWords } from './pretraining-start.ts';
import { scenesFolder } from './scenes.ts';
import { type Schedule, trainingOptions, trainToEnd } from './training.ts';

const RATES = { teacher: 6e-4, student: 1e-3 } as const;

/** Stage 1 of the fusion encoder: ITM and MLM on captions, without a teacher, from the shipped mini teacher. */
export const pretrainedTeacherJob = (shippedTeacher: string, { batch, updates }: ReproductionSize): PlannedJob =>
  jobOf(PRETRAINED_TEACHER, {
    needs: [],
    cost: updates.stage1.teacher,
    execute: async (context) => {
      const model = pretrainingStart(await loadModel(shippedTeacher), await sceneWords(context.folder));
      const schedule = { learningRate: RATES.teacher, seed: 0, batch, updates: updates.stage1.teacher };
      return pretrained(PRETRAINED_TEACHER, { model, teacher: undefined }, schedule, context);
    },
  });

/** Stage 1 of a student as in the paper: ITM with soft labels and attention, ITC with attention, MLM. */
export const pretrainedStudentJob = (seed: number, { batch, updates }: ReproductionSize): PlannedJob => {
  const run: PretrainedStudentRun = { kind: 'pretrained student', seed };
  return jobOf(run, {
    needs: [PRETRAINED_TEACHER],
    cost: 2 * updates.stage1.student,
    execute: async (context) => {
      const teacher = await loadRun(context.folder, PRETRAINED_TEACHER);
      const schedule = { learningRate: RATES.student, seed, batch, updates: updates.stage1.student };
      return pretrained(run, { model: createStudent(teacher, { seed }), teacher }, schedule, context);
    },
  });
};

const pretrained = async (
  run: Run,
  { model, teacher }: { readonly model: Model; readonly teacher: Model | undefined },
  schedule: Schedule,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const data = scenesFolder(context.folder, 'pretraining');
  const steps = pretrain(model, { ...trainingOptions(run, schedule, context), teacher, data, queries: 'valid' });
  const training = await trainToEnd(run, model, steps, context);
  const matching = training.curves.findLast(({ validation }) => validation !== undefined)?.validation;
  return {
    training: { ...training, learningRate: schedule.learningRate },
    measures: matching === undefined ? {} : { validation: { matching } },
  };
};
