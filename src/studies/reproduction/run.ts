import type { TaskName } from './tasks.ts';
import type { VariantName } from './variants.ts';

/** What a student is initialised from: the pre-trained fusion encoder, or the student that stage 1 trained. */
export type InitFrom = 'teacher' | 'stage 1';

/** Stage 1 of the fusion encoder, from which all teachers and students are initialised. */
export interface PretrainedTeacherRun {
  readonly kind: 'pretrained teacher';
}

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
  /** Layers of each of its encoders; as many as its teacher has where absent. */
  readonly depth?: number | undefined;
  /** Ratio of the training data that it is trained on, above 0 and at most 1. */
  readonly share: number;
  /** Number of updates; that of all students of the tables where absent. */
  readonly updates?: number | undefined;
  readonly learningRate: number;
  readonly seed: number;
}

/** A student for retrieval, trained with the contrastive loss alone or distilled with attention, too. */
export interface RetrievalStudentRun {
  readonly kind: 'retrieval student';
  readonly variant: 'contrast' | 'attention';
  readonly initFrom: InitFrom;
  readonly seed: number;
}

/** The divergence of the students' attention from their teacher's on one task. */
export interface AttentionRun {
  readonly kind: 'attention';
  readonly task: TaskName;
}

/** The time that one question of a task takes. */
export interface CostRun {
  readonly kind: 'cost';
  readonly task: TaskName;
}

/** One training with its evaluation, or one measurement: what a job does and a result is of. */
export type Run =
  | PretrainedTeacherRun
  | PretrainedStudentRun
  | TeacherRun
  | StudentRun
  | RetrievalStudentRun
  | AttentionRun
  | CostRun;

/** The fusion encoder after stage 1; there is one. */
export const PRETRAINED_TEACHER: PretrainedTeacherRun = { kind: 'pretrained teacher' };

/**
 * Name of a run in `outcomes.json` and path of its files: `student/vqa/cross/teacher/rate-0.001/seed-0`, with
 * `share-0.5`, `updates-40000` and `depth-1` before the seed where they are not the usual ones.
 */
export const idOf = (run: Run): string => {
  switch (run.kind) {
    case 'pretrained teacher':
      return 'stage-1/teacher';
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
  }
};

const studentId = ({ task, variant, initFrom, learningRate, share, updates, depth, seed }: StudentRun): string =>
  [
    ...['student', task, variant, dashed(initFrom), `rate-${learningRate}`],
    ...(share === 1 ? [] : [`share-${share}`]),
    ...(updates === undefined ? [] : [`updates-${updates}`]),
    ...(depth === undefined ? [] : [`depth-${depth}`]),
    `seed-${seed}`,
  ].join('/');

const dashed = (name: InitFrom): string => name.replace(' ', '-');
