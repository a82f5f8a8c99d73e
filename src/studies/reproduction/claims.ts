import { type OverSeeds, overSeeds } from './confidence.ts';
import type { Result } from './job.ts';
import { costId } from './jobs/cost.ts';
import { retrievalId, retrievalRows } from './jobs/retrieval.ts';
import { type Beginning, studentId, tunedTeacher } from './jobs/understanding.ts';
import type { Rates } from './plan.ts';
import type { Measured } from './results.ts';
import { type TaskName, taskNames } from './tasks.ts';
import type { VariantName } from './variants.ts';

/** What a claim of the paper came to: it holds, the contrary does, or these runs cannot tell. */
export type Verdict = 'holds' | 'does not hold' | 'cannot tell at this size';

/** A claim, and the paired differences on which it is judged. */
export interface Judgement {
  readonly claim: string;
  readonly verdict: Verdict;
  /** What the same runs came to when they were done once more, where all of them were. */
  readonly again?: Pick<Judgement, 'verdict' | 'difference'> | undefined;
  /** Of what is claimed to be better over what it is better than, seed by seed and task by task. */
  readonly difference: OverSeeds | undefined;
  /** The two, in means. */
  readonly means: readonly [number, number] | undefined;
  /** What was compared. */
  readonly how: string;
}

/** A student of the tables, whatever the seed. */
interface Side {
  readonly variant: VariantName;
  readonly begins?: Beginning | undefined;
}

interface Claim {
  readonly claim: string;
  readonly better: Side;
  readonly than: Side;
  readonly tasks: readonly TaskName[];
  /** Whether being as good is enough. */
  readonly orEqual?: true | undefined;
}

const stage1 = 'stage 1' as const;

/** The paper's claims (Wang et al. 2022, abstract and §4), each as two rows of the tables. */
const claims: readonly Claim[] = [
  {
    claim: 'Distillation in fine-tuning helps',
    better: { variant: 'cross' },
    than: { variant: 'hard' },
    tasks: taskNames,
  },
  {
    claim: 'Distillation in pre-training helps',
    better: { variant: 'hard', begins: stage1 },
    than: { variant: 'hard' },
    tasks: taskNames,
  },
  {
    claim: 'Both stages together are better than fine-tuning distillation alone',
    better: { variant: 'cross', begins: stage1 },
    than: { variant: 'cross' },
    tasks: taskNames,
  },
  { claim: 'Soft labels beat hard ones', better: { variant: 'soft' }, than: { variant: 'hard' }, tasks: taskNames },
  {
    claim: 'Attention beats hidden states',
    better: { variant: 'cross' },
    than: { variant: 'hidden' },
    tasks: taskNames,
  },
  {
    claim: 'Cross-modal attention beats uni-modal',
    better: { variant: 'cross' },
    than: { variant: 'uni' },
    tasks: taskNames,
  },
  {
    claim: 'Cross-modal attention beats the whole',
    better: { variant: 'cross' },
    than: { variant: 'whole' },
    tasks: taskNames,
  },
  {
    claim: 'Cross-modal attention adds to soft labels on NLVR2, where these alone stay low',
    better: { variant: 'cross' },
    than: { variant: 'soft' },
    tasks: ['nlvr2'],
  },
  {
    claim: 'The last layer is enough (NLVR2 and SNLI-VE)',
    better: { variant: 'cross' },
    than: { variant: 'layers' },
    tasks: ['nlvr2', 've'],
    orEqual: true,
  },
];

/** How much worse than every layer the last may be and still be enough. */
const TOLERANCE = 0.01;

/** Judges every claim on what was measured on new pictures like those of training. */
export const judged = (measured: Measured, rates: Rates): Judgement[] => {
  const seconds = judgedOnce({ ...measured, outcomes: secondOutcomes(measured) }, rates);
  return judgedOnce(measured, rates).map((judgement, i) => {
    const { verdict, difference } = seconds[i]!;
    const isWhole = difference && difference.values.length === judgement.difference?.values.length;
    return isWhole ? { ...judgement, again: { verdict, difference } } : judgement;
  });
};

/** What was trained a second time, with the second numbers. */
const secondOutcomes = ({ outcomes }: Measured): Map<string, Result> =>
  new Map(
    [...outcomes].flatMap(([id, outcome]) =>
      outcome.again ? [[id, { ...outcome, measures: outcome.again }] as const] : [],
    ),
  );

const judgedOnce = (measured: Measured, rates: Rates): Judgement[] => [
  ...claims.map((claim) => judgeClaim(claim, measured, rates)),
  judgeRetrieval(measured),
  judgeKept(measured, rates),
  judgeSpeed(measured),
];

/** Of its teacher's accuracy; the paper's student keeps 95.5 % on VQA and 98.0 % on NLVR2. */
const MOST = 0.95;

const judgeKept = (measured: Measured, rates: Rates): Judgement => {
  const pairs = taskNames.flatMap((task) =>
    measured.size.seeds.map((seed) => {
      const run = { task, variant: 'cross', begins: stage1, share: 1, seed } as const;
      const teacher = accuracyOf(measured, tunedTeacher(task));
      return [accuracyOf(measured, studentId(run, rates.cross)), teacher && MOST * teacher] as const;
    }),
  );
  return verdictOf(pairs, {
    claim: "The student keeps most of its teacher's quality",
    how: `accuracy after both stages, against ${MOST} of the teacher's, ${taskNames.join(', ')}`,
  });
};

/** The paper: more than three times faster. */
const FASTER = 3;

const judgeSpeed = ({ outcomes }: Measured): Judgement =>
  verdictOf(
    taskNames.map((task) => {
      const times = outcomes.get(costId(task))?.measures.milliseconds;
      return [times && 1 / FASTER, times && times['student, images kept']! / times.teacher!] as const;
    }),
    {
      claim: `With images kept, the student answers ${FASTER} times as fast as its teacher`,
      how: `1/${FASTER} of the teacher's time, against the student's share of it, ${taskNames.join(', ')}`,
    },
  );

/** On new pictures like those of training. */
const accuracyOf = ({ outcomes }: Measured, id: string): number | undefined =>
  outcomes.get(id)?.measures['test-iid']?.accuracy;

const judgeClaim = (claim: Claim, measured: Measured, rates: Rates): Judgement => {
  const { seeds } = measured.size;
  const of = ({ variant, begins = 'teacher' }: Side, task: TaskName, seed: number): number | undefined =>
    accuracyOf(measured, studentId({ task, variant, begins, share: 1, seed }, rates[variant]));
  const pairs = claim.tasks.flatMap((task) =>
    seeds.map((seed) => [of(claim.better, task, seed), of(claim.than, task, seed)] as const),
  );
  return verdictOf(pairs, {
    claim: claim.claim,
    how: `accuracy, ${claim.tasks.join(', ')}, ${seeds.length} seeds each`,
    ...(claim.orEqual ? { slack: TOLERANCE } : {}),
  });
};

const judgeRetrieval = ({ size, outcomes }: Measured): Judgement => {
  const [without, , , both] = retrievalRows;
  const of = (row: (typeof retrievalRows)[number], seed: number): number | undefined => {
    const measures = outcomes.get(retrievalId(row, seed))?.measures['test-iid'];
    return measures && (measures['text R@1']! + measures['image R@1']!) / 2;
  };
  return verdictOf(
    size.seeds.map((seed) => [of(both, seed), of(without, seed)] as const),
    { claim: 'Distillation helps retrieval', how: `mean of text and image R@1, ${size.seeds.length} seeds` },
  );
};

type Pairs = readonly (readonly [number | undefined, number | undefined])[];

/**
 * Holds where the whole interval of the paired differences is above zero (or above minus the slack, where as good is
 * enough), does not hold where it is below; a claim with a run missing, or one pair alone, cannot be told.
 */
const verdictOf = (
  pairs: Pairs,
  { slack = 0, ...about }: Pick<Judgement, 'claim' | 'how'> & { readonly slack?: number | undefined },
): Judgement => {
  const whole = pairs.filter((pair): pair is readonly [number, number] => !pair.includes(undefined));
  if (whole.length === 0)
    return { ...about, verdict: 'cannot tell at this size', difference: undefined, means: undefined };
  const difference = overSeeds(whole.map(([better, than]) => better - than));
  const means = [0, 1].map((side) => overSeeds(whole.map((pair) => pair[side]!)).mean) as [number, number];
  return {
    ...about,
    verdict: called(difference, whole.length === pairs.length ? slack : undefined),
    difference,
    means,
  };
};

const called = ({ mean, margin }: OverSeeds, slack: number | undefined): Verdict => {
  if (margin === undefined || slack === undefined) return 'cannot tell at this size';
  if (mean - margin > -slack) return 'holds';
  return mean + margin < -slack ? 'does not hold' : 'cannot tell at this size';
};
