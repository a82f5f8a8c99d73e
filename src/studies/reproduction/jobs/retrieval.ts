import { galleryOf, preprocessorFor, recalls, scoreRetrieval } from '../../../data.ts';
import { adaptModel, createStudent, finetune, loadModel, type Model, retrieval } from '../../../index.ts';
import type { LossWeights } from '../../../training.ts';
import type { Context } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import type { RetrievalStudentRun, Run, TeacherRun } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { type RetrievalVariant, retrievalVariants } from '../variants.ts';
import { measuredSplits, scenesFolder } from './scenes.ts';
import { type Schedule, trainingOptions, trainToEnd } from './training.ts';

const teacherRun: TeacherRun = { kind: 'teacher', task: 'retrieval' };

/** A fusion encoder takes a whole pass for each of six texts an image, so its batches are smaller. */
const TEACHER = { learningRate: 6e-4, batchRatio: 1 / 4, falseTexts: 5 } as const;

/**
 * The other captions of a quadruple: with them, of the same words in another order, each picture and each text is
 * compared, from which is learnt what random ones do not ask for.
 */
const SAME_WORDS = 3;

/** Milliseconds of an update on one core; scores of hard negatives take the teacher's passes over them. */
const MILLISECONDS = { teacher: 115, student: 75, scored: 250 } as const;

/** The fusion encoder, fine-tuned to rank texts for images. */
export const retrievalTeacherJob = ({ batch, updates }: ReproductionSize): PlannedJob =>
  jobOf(teacherRun, {
    needs: [],
    part: 'teachers',
    view: 'retrieval',
    training: { updates: updates.teacher.retrieval, milliseconds: MILLISECONDS.teacher },
    execute: async (context) => {
      const start = await loadModel(context.encoder);
      const model = adaptModel(start, { task: retrieval, answers: [], seed: 0 });
      const schedule = {
        learningRate: TEACHER.learningRate,
        batch: Math.max(2, batch * TEACHER.batchRatio),
        seed: 0,
        updates: updates.teacher.retrieval,
      };
      return tuned(teacherRun, { model, teacher: undefined, losses: undefined }, schedule, context);
    },
  });

/** A student for retrieval. */
export const retrievalJob = (
  run: RetrievalStudentRun,
  { batch, updates: { retrieval: updates }, learningRate }: ReproductionSize,
): PlannedJob => {
  const { seed, initFrom, variant } = run;
  const { losses, scoring = 'softmax' }: RetrievalVariant = retrievalVariants[variant];
  const pretrainedRun: Run = { kind: 'pretrained student', seed };
  const isScored = Boolean(losses.soft || losses.ranking);
  const isTaught = isScored || Boolean(losses.attention);
  return jobOf(run, {
    needs: [...(initFrom === 'stage 1' ? [pretrainedRun] : []), ...(isTaught ? [teacherRun] : [])],
    part: 'retrieval',
    view: 'retrieval',
    training: { updates, milliseconds: isScored ? MILLISECONDS.scored : MILLISECONDS.student },
    execute: async (context) => {
      const teacher = isTaught ? await loadRun(context.folder, teacherRun) : undefined;
      const head = { task: { ...retrieval, scoring }, answers: [], seed };
      const model =
        initFrom === 'stage 1'
          ? adaptModel(await loadRun(context.folder, pretrainedRun), head)
          : createStudent(await loadModel(context.encoder), head);
      return tuned(run, { model, teacher, losses }, { learningRate, seed, batch, updates }, context);
    },
  });
};

const tuned = async (
  run: Run,
  {
    model,
    teacher,
    losses,
  }: { readonly model: Model; readonly teacher: Model | undefined; readonly losses: LossWeights | undefined },
  schedule: Schedule,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const data = scenesFolder(context.folder, 'retrieval');
  const steps = finetune(model, {
    ...trainingOptions(run, schedule, context),
    ...{ teacher, losses, task: retrieval, data, sameWords: SAME_WORDS },
    ...(run.kind === 'teacher' && { falseTexts: TEACHER.falseTexts }),
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
