import { createStudent, loadModel, pretrain } from '../../../index.ts';
import { jobOf, type PlannedJob } from '../planned-job.ts';
import type { PretrainedStudentRun } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { scenesFolder } from './scenes.ts';
import { trainingOptions, trainToEnd } from './training.ts';

/** Ratio of the words of a caption that are masked, as when the fusion encoder was pre-trained. */
const MASKED = 0.25;

/** Milliseconds of an update of 64 captions on one core. */
const MILLISECONDS = 250;

/**
 * Stage 1 of a student as in the paper, from the pre-trained fusion encoder: ITM with soft labels and attention, ITC
 * with attention, MLM.
 */
export const pretrainedStudentJob = (
  seed: number,
  { batch, updates: { stage1: updates }, learningRate }: ReproductionSize,
): PlannedJob => {
  const run: PretrainedStudentRun = { kind: 'pretrained student', seed };
  return jobOf(run, {
    needs: [],
    part: 'stage-1',
    view: 'pretraining',
    training: { updates, milliseconds: MILLISECONDS },
    execute: async (context) => {
      const teacher = await loadModel(context.encoder);
      const model = createStudent(teacher, { seed });
      const steps = pretrain(model, {
        ...trainingOptions(run, { learningRate, seed, batch, updates }, context),
        ...{ teacher, queries: 'valid', masking: { share: MASKED } },
        data: scenesFolder(context.folder, 'pretraining'),
      });
      const training = await trainToEnd(run, model, steps, context);
      const matching = training.curves.findLast(({ validation }) => validation !== undefined)?.validation;
      return {
        training: { ...training, learningRate },
        measures: matching === undefined ? {} : { validation: { matching } },
      };
    },
  });
};
