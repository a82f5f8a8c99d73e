import type { TaskName } from './tasks.ts';
import type { RetrievalVariantName, VariantName } from './variants.ts';

/** Initial weights of a student: the pre-trained fusion encoder, or the student that stage 1 trained. */
export type InitFrom = 'teacher' | 'stage 1';

/** Stage 1 of a student, distilled from the pre-trained fusion encoder. */
export interface PretrainedStudentRun {
  readonly kind: 'pretrained student';
  readonly seed: number;
}

/** The fusion encoder, fine-tuned on the ground truth of a task, or to rank texts for images. */
export interface TeacherRun {
  readonly kind: 'teacher';
  readonly task: TaskName | 'retrieval';
}

/** A student of one task. */
export interface StudentRun {
  readonly kind: 'student';
  readonly task: TaskName;
  readonly variant: VariantName;
  readonly initFrom: InitFrom;
  /** Ratio of the training data that it is trained on, above 0 and at most 1. */
  readonly share: number;
  /** Number of updates; that of all students of the tables where absent. */
  readonly updates?: number | undefined;
  readonly learningRate: number;
  readonly seed: number;
}

/** A student for retrieval, distilled with attention or in another way, or trained with the contrastive loss alone. */
export interface RetrievalStudentRun {
  readonly kind: 'retrieval student';
  readonly variant: RetrievalVariantName;
  readonly initFrom: InitFrom;
  readonly seed: number;
}

/** The divergence of the students' attention from their teacher's on one task. */
export interface AttentionRun {
  readonly kind: 'attention';
  readonly task: TaskName;
}

/** The time that one example of a task takes. */
export interface CostRun {
  readonly kind: 'cost';
  readonly task: TaskName;
}

/** The time that one question about many images takes. */
export interface GalleryCostRun {
  readonly kind: 'gallery cost';
}

/** One training with its evaluation, or one measurement: what a job does and a result is of. */
export type Run =
  | PretrainedStudentRun
  | TeacherRun
  | StudentRun
  | RetrievalStudentRun
  | AttentionRun
  | CostRun
  | GalleryCostRun;

/**
 * Name of a run in `outcomes.json` and path of its files: `student/vqa/cross/teacher/rate-0.001/seed-0`, with
 * `share-0.5` and `updates-40000` before the seed where they are not the usual ones.
 */
export const idOf = (run: Run): string => {
  switch (run.kind) {
    case 'pretrained student':
      return `stage-1/student/seed-${run.seed}`;
    case 'teacher':
      return `teacher/${run.task}`;
    case 'student':
      return studentId(run);
    case 'retrieval student':
      return `student/retrieval/${run.variant}/${dashed(run.initFrom)}/seed-${run.seed}`;
    case 'attention':
      return `attention/${run.task}`;
    case 'cost':
      return `cost/${run.task}`;
    case 'gallery cost':
      return 'cost/gallery';
  }
};

const studentId = ({ task, variant, initFrom, learningRate, share, updates, seed }: StudentRun): string =>
  [
    ...['student', task, variant, dashed(initFrom), `rate-${learningRate}`],
    ...(share === 1 ? [] : [`share-${share}`]),
    ...(updates === undefined ? [] : [`updates-${updates}`]),
    `seed-${seed}`,
  ].join('/');

const dashed = (name: InitFrom): string => name.replace(' ', '-');
