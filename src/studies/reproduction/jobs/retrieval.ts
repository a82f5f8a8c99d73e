import { adaptModel, createStudent, finetune, loadModel, type Model, retrieval } from '../../../index.ts';
import type { LossWeights } from '../../../training.ts';
import type { Context } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import type { RetrievalStudentRun, Run } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { type RetrievalVariant, retrievalVariants } from '../variants.ts';
import { recallsOn } from './measure.ts';
import { scenesFolder } from './scenes.ts';
import { loadTeacher } from './teachers.ts';
import { type Schedule, trainingOptions, trainToEnd } from './training.ts';

/**
 * The other captions of a quadruple: with them, of the same words in another order, each picture and each text is
 * compared, from which is learnt what random ones do not ask for.
 */
const SAME_WORDS = 3;

/** Milliseconds of an update on one core; scores of hard negatives take the teacher's passes over them. */
const MILLISECONDS = { student: 75, scored: 250 } as const;

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
    needs: initFrom === 'stage 1' ? [pretrainedRun] : [],
    part: 'retrieval',
    view: 'retrieval',
    training: { updates, milliseconds: isScored ? MILLISECONDS.scored : MILLISECONDS.student },
    execute: async (context) => {
      const teacher = isTaught ? await loadTeacher('retrieval') : undefined;
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
  run: RetrievalStudentRun,
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
    queries: 'valid',
  });
  const training = await trainToEnd(run, model, steps, context);
  const best = await loadRun(context.folder, run);
  const measures = await recallsOn(best, { data, threads: context.threads });
  return { training: { ...training, learningRate: schedule.learningRate }, measures };
};
