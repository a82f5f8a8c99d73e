import { join } from 'node:path';
import { adaptModel, createStudent, type Example, finetune, loadModel, type Model, type Task } from '../../../index.ts';
import type { Context } from '../job.ts';
import { jobOf, loadRun, type PartName, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import type { Run, StudentRun } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { type TaskName, understanding } from '../tasks.ts';
import { type VariantName, variants } from '../variants.ts';
import { measuresOf } from './measure.ts';
import { scenesFolder } from './scenes.ts';
import { loadTeacher } from './teachers.ts';
import { type Schedule, trainingOptions, trainToEnd } from './training.ts';

/** Milliseconds of an update of a student on 64 examples, on one core. */
const MILLISECONDS: Readonly<Record<TaskName, number>> = { vqa: 70, nlvr2: 110, ve: 70 };

/** Every question has one right answer here, so all losses are those of a softmax. */
const withSoftmax = (task: TaskName) => ({ ...understanding[task], scoring: 'softmax' as const });

/** A student of a task. */
export const studentJob = (run: StudentRun, part: PartName, { batch, updates }: ReproductionSize): PlannedJob => {
  const { task, seed, initFrom, learningRate, updates: own = updates.student } = run;
  const pretrainedRun: Run = { kind: 'pretrained student', seed };
  return jobOf(run, {
    needs: initFrom === 'stage 1' ? [pretrainedRun] : [],
    part,
    view: task,
    training: { updates: own, milliseconds: MILLISECONDS[task] },
    execute: async (context) => {
      const teacher = await loadTeacher(task);
      const head = { task: withSoftmax(task), answers: teacher.config.answers, seed };
      const model =
        initFrom === 'stage 1'
          ? adaptModel(await loadRun(context.folder, pretrainedRun), head)
          : createStudent(await loadModel(context.encoder), head);
      const schedule = { learningRate, seed, batch, updates: own };
      return tuned(run, { model, teacher, fields: run }, schedule, context);
    },
  });
};

interface Models {
  readonly model: Model;
  readonly teacher: Model;
  readonly fields: Pick<StudentRun, 'task' | 'variant' | 'share'>;
}

/** Fine-tunes a model on a task, and measures the weights with the best validation accuracy. */
const tuned = async (
  run: Run,
  { model, teacher, fields: { task: name, variant, share } }: Models,
  schedule: Schedule,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const [task, data] = [understanding[name], scenesFolder(context.folder, name)];
  const steps = finetune(model, {
    ...trainingOptions(run, schedule, context),
    ...variants[variant].losses,
    ...(variant !== 'hard' && { teacher, cacheTeacher: cacheFolder(context.folder, { task: name, variant, share }) }),
    task: onShare(task, share),
    data,
  });
  const training = await trainToEnd(run, model, steps, context);
  const best = await loadRun(context.folder, run);
  return {
    training: { ...training, learningRate: schedule.learningRate },
    measures: await measuresOf(best, task, { data, threads: context.threads }),
  };
};

/** Variants that learn the same of their teacher share its outputs: each kind of attention is computed from them. */
const keptFor: Readonly<Record<VariantName, string>> = {
  ...{ hard: 'none', soft: 'answers', hidden: 'hidden-states', layers: 'every-layer' },
  ...{ whole: 'last-layer', uni: 'last-layer', cross: 'last-layer' },
};

/** Folder in which the teacher's outputs are kept, which all students that learn from the same ones share. */
const cacheFolder = (folder: string, { task, variant, share }: Models['fields']): string =>
  join(folder, 'kept-teachers', task, `${keptFor[variant]}${share === 1 ? '' : `-of-${share}`}`);

/** The task with the first part of its training data alone. */
const onShare = (task: Task, share: number): Task => ({
  ...task,
  read: async (folder, split, options) => {
    const examples: Example[] = await task.read(folder, split, options);
    return split === 'train' ? examples.slice(0, Math.round(share * examples.length)) : examples;
  },
});
