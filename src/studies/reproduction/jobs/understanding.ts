import { adaptModel, createStudent, type Example, finetune, type Model, type Task } from '../../../index.ts';
import type { Context } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import type { Result } from '../result-file.ts';
import { PRETRAINED_TEACHER, type Run, type StudentRun, type TeacherRun } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { type TaskName, understanding } from '../tasks.ts';
import { variants } from '../variants.ts';
import { measuresOf } from './measure.ts';
import { scenesFolder } from './scenes.ts';
import { type Schedule, trainingOptions, trainToEnd } from './training.ts';

const TEACHER_RATE = 6e-4;

/** The fusion encoder, fine-tuned on the ground truth of a task. */
export const teacherJob = (task: TaskName, { batch, updates }: ReproductionSize): PlannedJob => {
  const run: TeacherRun = { kind: 'teacher', task };
  return jobOf(run, {
    needs: [PRETRAINED_TEACHER],
    cost: updates.teacher,
    execute: async (context) => {
      const start = await loadRun(context.folder, PRETRAINED_TEACHER);
      const answers = await understanding[task].answers(scenesFolder(context.folder, task));
      const model = adaptModel(start, { task: withSoftmax(task), answers, seed: 0 });
      const schedule = { learningRate: TEACHER_RATE, seed: 0, batch, updates: updates.teacher };
      const fields = { task, variant: 'hard', share: 1 } as const;
      return tuned(run, { model, teacher: undefined, fields }, schedule, context);
    },
  });
};

/** Every question has one right answer here, so all losses are those of a softmax. */
const withSoftmax = (task: TaskName) => ({ ...understanding[task], scoring: 'softmax' as const });

/** A student of a task. */
export const studentJob = (run: StudentRun, { batch, updates }: ReproductionSize): PlannedJob => {
  const { task, seed, initFrom, depth, learningRate, updates: own = updates.student } = run;
  const startRun: Run = initFrom === 'teacher' ? PRETRAINED_TEACHER : { kind: 'pretrained student', seed };
  const teacherRun: TeacherRun = { kind: 'teacher', task };
  return jobOf(run, {
    needs: [startRun, teacherRun],
    cost: own,
    execute: async (context) => {
      const teacher = await loadRun(context.folder, teacherRun);
      const start = await loadRun(context.folder, startRun);
      const head = { task: withSoftmax(task), answers: teacher.config.answers, seed };
      const model = initFrom === 'stage 1' ? adaptModel(start, head) : createStudent(start, { ...head, depth });
      const schedule = { learningRate, seed, batch, updates: own };
      return tuned(run, { model, teacher, fields: run }, schedule, context);
    },
  });
};

interface Models {
  readonly model: Model;
  readonly teacher: Model | undefined;
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
    teacher: variant === 'hard' ? undefined : teacher,
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

/** The task with the first part of its training data alone. */
const onShare = (task: Task, share: number): Task => ({
  ...task,
  read: async (folder, split, options) => {
    const examples: Example[] = await task.read(folder, split, options);
    return split === 'train' ? examples.slice(0, Math.round(share * examples.length)) : examples;
  },
});
