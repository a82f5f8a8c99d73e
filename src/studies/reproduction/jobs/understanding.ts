import {
  adaptModel,
  createStudent,
  type Example,
  finetune,
  loadTrained,
  type Model,
  type Task,
} from '../../../index.ts';
import { type Context, type Job, type Result, weightsOf } from '../job.ts';
import type { ReproductionSize } from '../size.ts';
import { type TaskName, understanding } from '../tasks.ts';
import { type VariantName, variants } from '../variants.ts';
import { measuresOf } from './measure.ts';
import { scenesOf } from './scenes.ts';
import { PRETRAINED_TEACHER, pretrainedStudent } from './stage1.ts';
import { type Lesson, runOptions, trainedTo } from './training.ts';

/** What a student begins from: the pre-trained fusion encoder, or itself after stage 1. */
export type Beginning = 'teacher' | 'stage 1';

/** One student of a task. */
export interface StudentRun {
  readonly task: TaskName;
  readonly variant: VariantName;
  readonly begins: Beginning;
  /** Layers of each of its encoders; those of its teacher where absent. */
  readonly depth?: number | undefined;
  /** Of the training data. */
  readonly share: number;
  readonly seed: number;
}

/** The teacher of a task, by its piece. */
export const tunedTeacher = (task: TaskName): string => `teacher/${task}`;

/** `student/vqa/cross/teacher/rate-0.001/seed-0`, and what differs from the usual before the seed. */
export const studentId = (run: StudentRun, learningRate: number): string =>
  [
    ...['student', run.task, run.variant, run.begins.replace(' ', '-'), `rate-${learningRate}`],
    ...(run.share === 1 ? [] : [`share-${run.share}`]),
    ...(run.depth === undefined ? [] : [`depth-${run.depth}`]),
    `seed-${run.seed}`,
  ].join('/');

/** The fusion encoder fine-tuned on a task's ground truth. */
export const teacherPiece = (task: TaskName, { batch, updates }: ReproductionSize): Job => ({
  id: tunedTeacher(task),
  needs: [PRETRAINED_TEACHER],
  cost: updates.teacher,
  run: async (context) => {
    const data = scenesOf(context.folder, task);
    const begun = await loadTrained(weightsOf(context.folder, PRETRAINED_TEACHER));
    const answers = await understanding[task].answers(data);
    const model = adaptModel(begun, { task: scored(task), answers, seed: 0 });
    const how = { id: tunedTeacher(task), variant: 'hard', learningRate: TEACHER_RATE, seed: 0, share: 1 } as const;
    return learnt(model, undefined, { ...how, task, batch, updates: updates.teacher }, context);
  },
});

/** All tasks here have one right answer, so all losses are those of a softmax. */
const scored = (task: TaskName) => ({ ...understanding[task], scoring: 'softmax' as const });

const TEACHER_RATE = 6e-4;

/** A student of a task; its learning rate is known when the search for it has ended. */
export const studentPiece = (run: StudentRun, { batch, updates }: ReproductionSize, learningRate: number): Job => {
  const id = studentId(run, learningRate);
  const begins = run.begins === 'teacher' ? PRETRAINED_TEACHER : pretrainedStudent(run.seed);
  return {
    id,
    needs: [begins, tunedTeacher(run.task)],
    cost: updates.student,
    run: async (context) => {
      const teacher = await loadTrained(weightsOf(context.folder, tunedTeacher(run.task)));
      const begun = await loadTrained(weightsOf(context.folder, begins));
      const how = { task: scored(run.task), answers: teacher.config.answers, seed: run.seed };
      const model =
        run.begins === 'stage 1'
          ? adaptModel(begun, how)
          : createStudent(begun, { ...how, ...(run.depth === undefined ? {} : { depth: run.depth }) });
      return learnt(model, teacher, { ...run, id, learningRate, batch, updates: updates.student }, context);
    },
  };
};

/** Trains on a task and measures the weights that were best on validation. */
const learnt = async (
  model: Model,
  teacher: Model | undefined,
  { id, task: name, variant, share, seed, learningRate, batch, updates }: Lesson & Omit<StudentRun, 'begins' | 'depth'>,
  context: Context,
): Promise<Pick<Result, 'measures' | 'training'>> => {
  const [task, data] = [understanding[name], scenesOf(context.folder, name)];
  const { recipe, choices } = variants[variant];
  const steps = finetune(model, recipe === 'hard' ? undefined : teacher, {
    ...runOptions(id, updates, context),
    ...choices,
    task: withShare(task, share),
    ...{ data, recipe, batch, learningRate, seed },
  });
  const run = await trainedTo(id, model, steps, context);
  const best = await loadTrained(weightsOf(context.folder, id));
  return {
    training: { ...run, learningRate },
    measures: await measuresOf(best, task, { data, threads: context.threads }),
  };
};

/** A smaller set to learn from is the beginning of the whole one. */
const withShare = (task: Task, share: number): Task => ({
  ...task,
  read: async (folder, split, options) => {
    const examples: Example[] = await task.read(folder, split, options);
    return split === 'train' ? examples.slice(0, Math.round(share * examples.length)) : examples;
  },
});
