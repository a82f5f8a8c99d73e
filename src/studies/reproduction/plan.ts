import { compared, knowledge, scaled, stages } from './comparisons.ts';
import { attentionJob } from './jobs/attention.ts';
import { costJobs } from './jobs/cost.ts';
import { pretrainedStudentJob, pretrainedTeacherJob } from './jobs/pretraining.ts';
import { retrievalJobs, retrievalTeacherJob } from './jobs/retrieval.ts';
import { studentJob, teacherJob } from './jobs/understanding.ts';
import { searchRun } from './learning-rates.ts';
import type { PlannedJob } from './planned-job.ts';
import { type StudentFields, usualStudent } from './results.ts';
import type { StudentRun } from './run.ts';
import type { ReproductionSize } from './size.ts';
import { SEARCHED, taskNames } from './tasks.ts';
import { type Rates, variantNames } from './variants.ts';

/** Runs of the study of scale: every variant with every amount of training questions, one seed after the other. */
export const scaleRuns = ({ scale }: ReproductionSize): StudentRun[] =>
  scale.seeds.flatMap((seed) =>
    scale.shares.toReversed().flatMap((share) =>
      scaled.map((variant) => ({
        ...usualStudent,
        ...{ task: SEARCHED, variant, share, seed },
        ...{ updates: scale.updates, learningRate: scale.learningRate },
      })),
    ),
  );

/**
 * Jobs that come first: the models from which all others are initialised, the teachers, the study of scale, and
 * the search for learning rates, which tries the same number of rates for every variant.
 */
export const groundwork = (shippedTeacher: string, size: ReproductionSize): PlannedJob[] => [
  pretrainedTeacherJob(shippedTeacher, size),
  ...taskNames.map((task) => teacherJob(task, size)),
  retrievalTeacherJob(size),
  ...scaleRuns(size).map((run) => studentJob(run, size)),
  ...variantNames.flatMap((variant) =>
    size.learningRates.map((rate) => studentJob(searchRun(variant, size, rate), size)),
  ),
  ...size.seeds.map((seed) => pretrainedStudentJob(seed, size)),
];

/** Students of the paper's tables: the stages of distillation first, then the kinds of knowledge. */
const paperStudents: readonly StudentFields[] = [
  ...taskNames.flatMap((task) => stages.map(({ variant, initFrom }) => ({ task, variant, initFrom }))),
  ...taskNames.flatMap((task) => [...knowledge, 'layers' as const].map((variant) => ({ task, variant }))),
];

/** Students of a table that the paper does not have: fewer layers. */
const furtherStudents = ({ depths }: ReproductionSize): StudentFields[] =>
  depths.flatMap((depth) => compared.map((variant) => ({ task: SEARCHED, variant, depth })));

/**
 * All jobs whose results the tables show, each once. The paper's students come first, one seed after the other, so that
 * a reproduction that is stopped early has complete seeds.
 */
export const mainJobs = (size: ReproductionSize, rates: Rates): PlannedJob[] => {
  const { seeds } = size;
  const studentOf = (fields: StudentFields, seed: number): PlannedJob =>
    studentJob({ ...usualStudent, ...fields, seed, learningRate: rates[fields.variant] }, size);
  const jobs = [
    ...seeds.flatMap((seed) => [
      ...paperStudents.map((fields) => studentOf(fields, seed)),
      ...retrievalJobs(size, seed),
    ]),
    ...seeds.flatMap((seed) => furtherStudents(size).map((fields) => studentOf(fields, seed))),
    attentionJob(size, rates),
    ...costJobs(),
  ];
  return withoutRepeats(jobs);
};

/** All jobs, or those of the groundwork alone where the learning rates are not known yet. */
export const planOf = (shippedTeacher: string, size: ReproductionSize, rates: Rates | undefined): PlannedJob[] => {
  const first = groundwork(shippedTeacher, size);
  return rates ? withoutRepeats([...first, ...mainJobs(size, rates)]) : first;
};

const withoutRepeats = (jobs: readonly PlannedJob[]): PlannedJob[] => [
  ...new Map(jobs.map((job) => [job.id, job])).values(),
];
