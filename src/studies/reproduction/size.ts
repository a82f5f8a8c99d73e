import { toyNotice } from '../report/toy-run.ts';
import type { View } from '../scenes/views.ts';

/** Amount of data and training of a reproduction. */
export interface ReproductionSize {
  /**
   * Units of each view for training and for each other split: pairs of images, statements, hypotheses, quadruples,
   * images.
   */
  readonly units: Readonly<Record<View, { readonly train: number; readonly heldOut: number }>>;
  readonly batch: number;
  readonly updates: {
    /** Updates of stage 1. */
    readonly stage1: { readonly teacher: number; readonly student: number };
    /** Updates of the fusion encoder on each task. */
    readonly teacher: number;
    /** Updates of every student on a task. */
    readonly student: number;
  };
  /** Seeds of the initial weights and the data order, fixed beforehand. */
  readonly seeds: readonly number[];
  /** Learning rates that are tried for every variant, on one task with the first seed, and selected on validation. */
  readonly learningRates: readonly number[];
  /** The study of scale, on questions, which comes before all other students: their budget follows from it. */
  readonly scale: {
    /** Updates of each training; their validation curves show all smaller budgets, too. */
    readonly updates: number;
    /** Ratios of the training questions, in ascending order up to 1. */
    readonly shares: readonly number[];
    readonly seeds: readonly number[];
    /** One for all, since the search for learning rates needs the budget. */
    readonly learningRate: number;
  };
  /** Numbers of layers of a student at which it is compared with ground truth. */
  readonly depths: readonly number[];
}

const units = (train: number, heldOut: number) => ({ train, heldOut });

export const reproductionSizes = {
  /** At most five hours on two cores. */
  full: {
    units: {
      vqa: units(4000, 400),
      nlvr2: units(2500, 200),
      ve: units(3000, 250),
      retrieval: units(2500, 60),
      pretraining: units(20_000, 500),
    },
    batch: 64,
    updates: { stage1: { teacher: 1200, student: 600 }, teacher: 1250, student: 1000 },
    seeds: [0, 1, 2],
    learningRates: [2.5e-4, 5e-4, 1e-3],
    scale: { updates: 40_000, shares: [0.025, 0.25, 1], seeds: [0, 1], learningRate: 1e-3 },
    depths: [1, 2],
  },
  /** At most twenty minutes: one seed and no search, so no claim can be judged. */
  quick: {
    units: {
      vqa: units(1000, 100),
      nlvr2: units(400, 50),
      ve: units(500, 60),
      retrieval: units(400, 25),
      pretraining: units(4000, 100),
    },
    batch: 64,
    updates: { stage1: { teacher: 150, student: 60 }, teacher: 200, student: 60 },
    seeds: [0],
    learningRates: [1e-3],
    scale: { updates: 120, shares: [0.25, 1], seeds: [0], learningRate: 1e-3 },
    depths: [2],
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
    batch: 8,
    updates: { stage1: { teacher: 2, student: 2 }, teacher: 2, student: 2 },
    seeds: [0, 1],
    learningRates: [1e-3],
    scale: { updates: 4, shares: [0.5, 1], seeds: [0, 1], learningRate: 1e-3 },
    depths: [1],
  },
} as const satisfies Record<string, ReproductionSize>;

/**
 * Notice for the top of a report whose numbers are no results, because it was trained too little; undefined at full
 * size.
 */
export const noticeOf = ({ updates, seeds }: ReproductionSize): string | undefined => {
  const toy = toyNotice(updates.student, 'verdicts');
  if (toy !== undefined) return toy;
  if (seeds.length === 1)
    return 'This is the short run (--quick): one seed and few updates. Its numbers are no results, and there are no verdicts.';
  return undefined;
};

/** Title of a report; one whose numbers are no results says so in it. */
export const titleOf = ({ updates, seeds }: ReproductionSize): string => {
  const name = 'The paper in miniature';
  if (toyNotice(updates.student, 'verdicts') !== undefined) return `${name} (toy run, no results)`;
  return seeds.length === 1 ? `${name} (short run, no results)` : name;
};
