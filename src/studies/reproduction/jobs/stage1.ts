import { createStudent, loadTrained, type Model, pretrain } from '../../../index.ts';
import { type Context, type Job, type Result, weightsOf } from '../job.ts';
import type { ReproductionSize } from '../size.ts';
import { beginningOf, wordsOf } from './pretrained-start.ts';
import { scenesOf } from './scenes.ts';
import { type Lesson, runOptions, trainedTo } from './training.ts';

/** The fusion encoder after stage 1, from which all teachers and students begin. */
export const PRETRAINED_TEACHER = 'stage-1/teacher';

/** A student after stage 1, distilled from the pre-trained fusion encoder. */
export const pretrainedStudent = (seed: number): string => `stage-1/student/seed-${seed}`;

const RATES = { teacher: 6e-4, student: 1e-3 } as const;

/** ITM and masked words on captions, without a teacher; the shipped mini teacher is what it begins from. */
export const pretrainedTeacherPiece = (shipped: string, { batch, updates }: ReproductionSize): Job => ({
  id: PRETRAINED_TEACHER,
  needs: [],
  cost: updates.stage1.teacher,
  run: async (context) => {
    const model = beginningOf(await loadTrained(shipped), await wordsOf(context.folder));
    const how = { id: PRETRAINED_TEACHER, learningRate: RATES.teacher, seed: 0 };
    return pretrained(model, undefined, { ...how, batch, updates: updates.stage1.teacher }, context);
  },
});

/** Stage 1 of the paper: ITM with soft labels and attention, contrast with attention, masked words. */
export const pretrainedStudentPiece = (seed: number, { batch, updates }: ReproductionSize): Job => ({
  id: pretrainedStudent(seed),
  needs: [PRETRAINED_TEACHER],
  cost: 2 * updates.stage1.student,
  run: async (context) => {
    const teacher = await loadTrained(weightsOf(context.folder, PRETRAINED_TEACHER));
    const how = { id: pretrainedStudent(seed), learningRate: RATES.student, seed };
    const model = createStudent(teacher, { seed });
    return pretrained(model, teacher, { ...how, batch, updates: updates.stage1.student }, context);
  },
});

const pretrained = async (
  model: Model,
  teacher: Model | undefined,
  { id, updates, ...lesson }: Lesson,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const data = scenesOf(context.folder, 'pretraining');
  const steps = pretrain(model, teacher, { ...runOptions(id, updates, context), ...lesson, data, queries: 'valid' });
  const run = await trainedTo(id, model, steps, context);
  const matching = run.curves.findLast(({ validation }) => validation !== undefined)?.validation;
  return {
    training: { ...run, learningRate: lesson.learningRate },
    measures: matching === undefined ? {} : { validation: { matching } },
  };
};
