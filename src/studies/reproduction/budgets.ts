import { type PartName, type PlannedJob, partNames } from './planned-job.ts';
import { isFinished } from './result-file.ts';

/** Jobs of one part of a reproduction that have trainings of one length, and what they cost. */
export interface Budget {
  readonly part: PartName;
  readonly jobs: number;
  /** Jobs that have a result already. */
  readonly finished: number;
  /** Updates of each training; 0 of measurements. */
  readonly updates: number;
  /** Expected hours of all of them on one core. */
  readonly hours: number;
}

/** Cost of the jobs of a plan, by part and length, in the order of the parts. */
export const budgetsOf = (plan: readonly PlannedJob[], isDone: (id: string) => boolean): Budget[] =>
  partNames.flatMap((part) => {
    const ofPart = plan.filter((job) => job.part === part);
    const lengths = [...new Set(ofPart.map(({ updates }) => updates))].sort((a, b) => b - a);
    return lengths.map((updates) => {
      const jobs = ofPart.filter((job) => job.updates === updates);
      return {
        ...{ part, updates, jobs: jobs.length },
        finished: jobs.filter(({ id }) => isDone(id)).length,
        hours: hoursOf(jobs),
      };
    });
  });

/** Expected hours of jobs on one core. */
export const hoursOf = (jobs: readonly PlannedJob[]): number => jobs.reduce((sum, { cost }) => sum + cost, 0) / 3600;

/** Budgets of a plan, with what is finished in a folder. */
export const budgetsIn = (plan: readonly PlannedJob[], folder: string): Budget[] =>
  budgetsOf(plan, (id) => isFinished(folder, id));
