import { toyNotice } from '../report/toy-run.ts';
import type { View } from '../scenes/views.ts';
import type { TaskName } from './tasks.ts';

/** Amount of data and training of a reproduction. */
export interface ReproductionSize {
  /**
   * Units of each view for training and for each other split: pairs of images, statements, hypotheses, quadruples,
   * images.
   */
  readonly units: Readonly<Record<View, { readonly train: number; readonly heldOut: number }>>;
  /** Maximum number of relations in a question, statement or hypothesis. */
  readonly relations: number;
  readonly batch: number;
  readonly updates: {
    /** Updates of each student in stage 1. */
    readonly stage1: number;
    /** Updates of every student that answers. */
    readonly student: number;
    /** Updates of every student that retrieves. */
    readonly retrieval: number;
  };
  /** Seeds of the initial weights and the data order of the students, fixed beforehand. */
  readonly seeds: Readonly<Record<TaskName | 'retrieval', readonly number[]>>;
  /** Learning rate of all students: one, so that no variant had more trials than another. */
  readonly learningRate: number;
  /** Other learning rates that ground truth and the paper's method are trained at with the first seed, as a check. */
  readonly otherRates: readonly number[];
  /** The study of scale, on questions: the budget of all other students follows from it. */
  readonly scale: {
    /** Updates of its longest trainings; their validation curves show all smaller budgets, too. */
    readonly updates: number;
    readonly seeds: readonly number[];
    /** Ratios of the training questions, in ascending order below 1, on which students have as many updates as all. */
    readonly shares: readonly number[];
    readonly shareSeeds: readonly number[];
  };
}

const units = (train: number, heldOut: number) => ({ train, heldOut });

export const reproductionSizes = {
  /** About twelve hours on two cores: `dide reproduce --plan` adds it up. */
  full: {
    units: {
      vqa: units(40_000, 750),
      nlvr2: units(16_000, 400),
      ve: units(24_000, 500),
      retrieval: units(10_000, 100),
      pretraining: units(40_000, 500),
    },
    relations: 0,
    batch: 64,
    updates: {
      stage1: 5000,
      student: 8000,
      retrieval: 4000,
    },
    seeds: { vqa: [0, 1, 2, 3, 4], nlvr2: [0, 1, 2], ve: [0, 1, 2], retrieval: [0, 1, 2, 3, 4] },
    learningRate: 1e-3,
    otherRates: [5e-4],
    scale: { updates: 40_000, seeds: [0], shares: [0.025, 0.25], shareSeeds: [0] },
  },
  /** Half an hour: one seed and few updates, so no claim can be judged. */
  quick: {
    units: {
      vqa: units(1000, 100),
      nlvr2: units(400, 50),
      ve: units(500, 60),
      retrieval: units(400, 25),
      pretraining: units(4000, 100),
    },
    relations: 0,
    batch: 64,
    updates: {
      stage1: 60,
      student: 60,
      retrieval: 60,
    },
    seeds: { vqa: [0], nlvr2: [0], ve: [0], retrieval: [0] },
    learningRate: 1e-3,
    otherRates: [],
    scale: { updates: 120, seeds: [0], shares: [0.25], shareSeeds: [0] },
  },
  /** Minutes, for trying out and for tests: nothing is learnt. */
  tiny: {
    units: {
      vqa: units(12, 4),
      nlvr2: units(4, 2),
      ve: units(6, 2),
      retrieval: units(6, 3),
      pretraining: units(16, 8),
    },
    relations: 0,
    batch: 8,
    updates: { stage1: 2, student: 2, retrieval: 2 },
    seeds: { vqa: [0, 1], nlvr2: [0], ve: [0], retrieval: [0] },
    learningRate: 1e-3,
    otherRates: [5e-4],
    scale: { updates: 4, seeds: [0, 1], shares: [0.5], shareSeeds: [0] },
  },
} as const satisfies Record<string, ReproductionSize>;

/** All seeds with which any student is trained: those of stage 1. */
export const allSeeds = ({ seeds }: Pick<ReproductionSize, 'seeds'>): number[] =>
  [...new Set(Object.values(seeds).flat())].sort((a, b) => a - b);

/**
 * Notice for the top of a report whose numbers are no results, because it was trained too little; undefined at full
 * size.
 */
export const noticeOf = (size: ReproductionSize): string | undefined => {
  const toy = toyNotice(size.updates.student, 'verdicts');
  if (toy !== undefined) return toy;
  if (allSeeds(size).length === 1)
    return 'This is the short run (--quick): one seed and few updates. Its numbers are no results, and there are no verdicts.';
  return undefined;
};

/** Title of a report; one whose numbers are no results says so in it. */
export const titleOf = (size: ReproductionSize): string => {
  const name = 'The paper in miniature';
  if (toyNotice(size.updates.student, 'verdicts') !== undefined) return `${name} (toy run, no results)`;
  return allSeeds(size).length === 1 ? `${name} (short run, no results)` : name;
};
