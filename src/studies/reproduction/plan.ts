import { compared, retrievalLosses, retrievalStages, scaled, stages, variantsOn } from './comparisons.ts';
import { attentionJob } from './jobs/attention.ts';
import { costJobs } from './jobs/cost.ts';
import { galleryCostJob } from './jobs/gallery-cost.ts';
import { pretrainedStudentJob } from './jobs/pretraining.ts';
import { retrievalJob } from './jobs/retrieval.ts';
import { teacherJob } from './jobs/teachers.ts';
import { studentJob } from './jobs/understanding.ts';
import type { PartName, PlannedJob } from './planned-job.ts';
import { type StudentFields, usualStudent } from './results.ts';
import type { StudentRun } from './run.ts';
import { allSeeds, type ReproductionSize } from './size.ts';
import { STUDIED, type TaskName, taskNames } from './tasks.ts';

/** Runs of every variant over the updates of the study of scale, one seed after the other. */
export const longRuns = ({ scale, learningRate }: ReproductionSize): StudentRun[] =>
  scale.seeds.flatMap((seed) =>
    scaled.map((variant) => ({
      ...usualStudent,
      ...{ task: STUDIED, variant, seed, updates: scale.updates, learningRate },
    })),
  );

/** Runs of every variant on a part of the training questions; those on all of them are students of the tables. */
export const shareRuns = ({ scale, learningRate }: ReproductionSize): StudentRun[] =>
  scale.shareSeeds.flatMap((seed) =>
    scale.shares.flatMap((share) =>
      scaled.map((variant) => ({ ...usualStudent, task: STUDIED, variant, share, seed, learningRate })),
    ),
  );

/** Students of a task that a claim compares: the stages of distillation first, then the other variants. */
const studentsOn = (task: TaskName): StudentFields[] => [
  ...stages.map(({ variant, initFrom }) => ({ task, variant, initFrom })),
  ...variantsOn[task].map((variant) => ({ task, variant })),
];

/** All students of the tables with one seed, of every task that has this seed, and their stage 1. */
const seedJobs = (size: ReproductionSize, seed: number): PlannedJob[] => [
  ...taskNames
    .filter((task) => size.seeds[task].includes(seed))
    .flatMap((task) =>
      studentsOn(task).map((fields) =>
        studentJob({ ...usualStudent, ...fields, seed, learningRate: size.learningRate }, task, size),
      ),
    ),
  ...(size.seeds.retrieval.includes(seed)
    ? retrievalStages.map(({ variant, initFrom }) =>
        retrievalJob({ kind: 'retrieval student', variant, initFrom, seed }, size),
      )
    : []),
];

/** The first seed's students at other learning rates. */
const rateRuns = ({ otherRates, seeds }: ReproductionSize): StudentRun[] =>
  otherRates.flatMap((learningRate) =>
    compared.map((variant) => ({ ...usualStudent, task: STUDIED, variant, seed: seeds[STUDIED][0]!, learningRate })),
  );

/** Students of retrieval that no claim is about. */
const furtherRetrieval = (size: ReproductionSize): PlannedJob[] =>
  retrievalLosses.map((variant) =>
    retrievalJob({ kind: 'retrieval student', variant, initFrom: 'stage 1', seed: size.seeds.retrieval[0]! }, size),
  );

/**
 * All jobs, each once, what matters most first: the study of scale, then the students of the tables, one seed after the
 * other, so that a reproduction that is stopped early has complete seeds; then what no claim of the paper is about.
 */
export const planOf = (size: ReproductionSize): PlannedJob[] => {
  const scale = (runs: readonly StudentRun[], part: PartName): PlannedJob[] =>
    runs.map((run) => studentJob(run, part, size));
  return withoutRepeats([
    ...scale(longRuns(size), 'scale'),
    galleryCostJob(),
    ...costJobs(),
    ...taskNames.map((task) => teacherJob(task)),
    teacherJob('retrieval'),
    ...allSeeds(size).flatMap((seed) => [pretrainedStudentJob(seed, size), ...seedJobs(size, seed)]),
    ...scale(shareRuns(size), 'scale'),
    ...furtherRetrieval(size),
    ...scale(rateRuns(size), 'rates'),
    attentionJob(size),
  ]);
};

/** Jobs that are wanted, and those on which they depend, in the order of the plan. */
export const withNeeds = (plan: readonly PlannedJob[], isWanted: (job: PlannedJob) => boolean): PlannedJob[] => {
  const byId = new Map(plan.map((job) => [job.id, job]));
  const chosen = new Set<PlannedJob>();
  const add = (job: PlannedJob): void => {
    chosen.add(job);
    for (const need of job.needs) add(byId.get(need)!);
  };
  plan.filter(isWanted).forEach(add);
  return plan.filter((job) => chosen.has(job));
};

const withoutRepeats = (jobs: readonly PlannedJob[]): PlannedJob[] => [
  ...new Map(jobs.map((job) => [job.id, job])).values(),
];
