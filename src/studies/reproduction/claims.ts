import { counted } from '../../errors.ts';
import { retrievalStages } from './comparisons.ts';
import { type Estimate, meanWithInterval } from './confidence.ts';
import { galleryMeasure, ROUNDS } from './jobs/gallery-cost.ts';
import { type Measured, type RunResult, resultWith, type StudentFields, studentResult } from './results.ts';
import { type TaskName, taskNames } from './tasks.ts';

/**
 * Verdict on a claim of the paper: it holds, it does not, or these runs show no difference that matters. It is open where
 * runs are missing or their spread is too wide to say any of these.
 */
export type Verdict = 'holds' | 'does not hold' | 'cannot tell at this size' | 'open';

/** A claim with its verdict, and the paired differences from which the verdict follows. */
export interface Judgement {
  readonly claim: string;
  readonly verdict: Verdict;
  /** The rule by which the verdict follows from the difference, in words. */
  readonly rule: string;
  /** Verdict on the second trainings, where all runs of the claim have been trained twice. */
  readonly again?: Pick<Judgement, 'verdict' | 'difference'> | undefined;
  /** Difference between the side that is claimed to be better and the other, paired by seed and task. */
  readonly difference: Estimate | undefined;
  /** Means of the two sides. */
  readonly means: readonly [number, number] | undefined;
  /** Measures and runs that were compared. */
  readonly how: string;
}

/** A student of the tables, of any seed and task. */
type Side = Omit<StudentFields, 'task'>;

interface Claim {
  readonly claim: string;
  readonly better: Side;
  readonly than: Side;
  readonly tasks: readonly TaskName[];
  /** Whether being equally good is enough. */
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
    better: { variant: 'hard', initFrom: stage1 },
    than: { variant: 'hard' },
    tasks: taskNames,
  },
  {
    claim: 'Both stages together are better than fine-tuning distillation alone',
    better: { variant: 'cross', initFrom: stage1 },
    than: { variant: 'cross' },
    tasks: taskNames,
  },
  {
    claim: 'Soft labels beat hard ones',
    better: { variant: 'soft' },
    than: { variant: 'hard' },
    tasks: ['vqa', 'nlvr2'],
  },
  { claim: 'Attention beats hidden states', better: { variant: 'cross' }, than: { variant: 'hidden' }, tasks: ['vqa'] },
  {
    claim: 'Cross-modal attention beats uni-modal',
    better: { variant: 'cross' },
    than: { variant: 'uni' },
    tasks: ['vqa'],
  },
  {
    claim: 'Cross-modal attention beats the whole',
    better: { variant: 'cross' },
    than: { variant: 'whole' },
    tasks: ['vqa'],
  },
  {
    claim: 'Cross-modal attention adds to soft labels',
    better: { variant: 'cross' },
    than: { variant: 'soft' },
    tasks: ['vqa', 'nlvr2'],
  },
  {
    claim: 'The last layer is enough (NLVR2 and SNLI-VE)',
    better: { variant: 'cross' },
    than: { variant: 'layers' },
    tasks: ['nlvr2', 've'],
    orEqual: true,
  },
];

/** Largest accuracy by which the last layer may be worse than every layer and still count as enough. */
const TOLERANCE = 0.01;

/** Half the width of the widest interval that still counts as showing that there is no difference. */
export const NARROW = 0.02;

/** Judges every claim by the measures on `test-iid`. */
export const judged = (measured: Measured): Judgement[] => {
  const seconds = judgedOnce({ ...measured, results: secondResults(measured) });
  return judgedOnce(measured).map((judgement, i) => {
    const { verdict, difference } = seconds[i]!;
    const isWhole = difference && difference.values.length === judgement.difference?.values.length;
    return isWhole ? { ...judgement, again: { verdict, difference } } : judgement;
  });
};

/** The results of the runs that were trained twice, with the measures of the second training. */
const secondResults = ({ results }: Measured): RunResult[] =>
  results.flatMap((result) => (result.again ? [{ ...result, measures: result.again }] : []));

const judgedOnce = (measured: Measured): Judgement[] => [
  ...claims.map((claim) => judgeClaim(claim, measured)),
  judgeRetrieval(measured),
  judgeQuality(measured),
  judgeSpeed(measured, 1),
  judgeSpeed(measured, MANY),
];

/**
 * Ratio of its teacher's accuracy that counts as most of it; the paper's student has 95.5 % on VQA and 98.0 % on NLVR2.
 */
const MOST = 0.95;

const judgeQuality = (measured: Measured): Judgement => {
  const pairs = taskNames.flatMap((task) =>
    measured.size.seeds[task].map((seed) => {
      const student = studentResult(measured, { task, variant: 'cross', initFrom: stage1 }, seed);
      const teacher = accuracyOf(resultWith(measured.results, { kind: 'teacher', task }));
      return [accuracyOf(student), teacher && MOST * teacher] as const;
    }),
  );
  return verdictOf(pairs, {
    claim: "The student keeps most of its teacher's quality",
    how: `accuracy after both stages, against ${MOST} of the teacher's, ${onTasks(measured, taskNames)}`,
  });
};

/** The paper's student is more than three times as fast as its teacher. */
const FASTER = 3;

/** Images of a question over many: as many as a folder of photographs. */
const MANY = 1000;

const judgeSpeed = ({ results }: Measured, images: number): Judgement =>
  verdictOf(
    Array.from({ length: ROUNDS }, (_, i) => {
      const times = resultWith(results, { kind: 'gallery cost' })?.measures[galleryMeasure(images, i + 1)];
      return [times && 1 / FASTER, times && times.student! / times.teacher!] as const;
    }),
    {
      claim: `With image vectors kept, a question about ${images === 1 ? '1 image' : `${images} images`} takes the student a third of its teacher's time at most`,
      how: `1/${FASTER} of the teacher's time, against the student's, relative to the teacher's, ${ROUNDS} rounds`,
    },
  );

/** `vqa with 5 seeds, nlvr2 with 3 seeds` */
const onTasks = ({ size: { seeds } }: Measured, tasks: readonly TaskName[]): string =>
  tasks.map((task) => `${task} with ${counted(seeds[task].length, 'seed')}`).join(', ');

const accuracyOf = (result: RunResult | undefined): number | undefined => result?.measures['test-iid']?.accuracy;

const judgeClaim = (claim: Claim, measured: Measured): Judgement => {
  const { seeds } = measured.size;
  const of = (side: Side, task: TaskName, seed: number): number | undefined =>
    accuracyOf(studentResult(measured, { ...side, task }, seed));
  const pairs = claim.tasks.flatMap((task) =>
    seeds[task].map((seed) => [of(claim.better, task, seed), of(claim.than, task, seed)] as const),
  );
  return verdictOf(pairs, {
    claim: claim.claim,
    how: `accuracy, ${onTasks(measured, claim.tasks)}`,
    slack: claim.orEqual ? TOLERANCE : 0,
  });
};

type Stage = (typeof retrievalStages)[number];

const judgeRetrieval = ({ size, results }: Measured): Judgement => {
  const [without, , , both] = retrievalStages as readonly [Stage, Stage, Stage, Stage];
  const of = ({ variant, initFrom }: Stage, seed: number): number | undefined => {
    const run = { kind: 'retrieval student', variant, initFrom, seed } as const;
    const measures = resultWith(results, run)?.measures['test-iid'];
    return measures && (measures['text R@1']! + measures['image R@1']!) / 2;
  };
  return verdictOf(
    size.seeds.retrieval.map((seed) => [of(both, seed), of(without, seed)] as const),
    {
      claim: 'Distillation helps retrieval',
      how: `mean of text and image R@1, ${counted(size.seeds.retrieval.length, 'seed')}`,
    },
  );
};

type Pairs = readonly (readonly [number | undefined, number | undefined])[];

/**
 * The verdict from the 95 % confidence interval of the paired differences, as `ruleOf` says it. It is open where a run
 * is missing, and where there is one pair alone.
 */
const verdictOf = (
  pairs: Pairs,
  { slack = 0, ...about }: Pick<Judgement, 'claim' | 'how'> & { readonly slack?: number | undefined },
): Judgement => {
  const complete = pairs.filter((pair): pair is readonly [number, number] => !pair.includes(undefined));
  const judgement = { ...about, rule: ruleOf(slack) };
  if (complete.length === 0) return { ...judgement, verdict: 'open', difference: undefined, means: undefined };
  const difference = meanWithInterval(complete.map(([better, than]) => better - than));
  const means = [0, 1].map((side) => meanWithInterval(complete.map((pair) => pair[side]!)).mean) as [number, number];
  const verdict = complete.length === pairs.length ? verdictFrom(difference, slack) : 'open';
  return { ...judgement, verdict, difference, means };
};

const verdictFrom = ({ mean, margin }: Estimate, slack: number): Verdict => {
  if (margin === undefined) return 'open';
  if (mean - margin > -slack) return 'holds';
  if (mean + margin < -slack) return 'does not hold';
  return margin <= NARROW ? 'cannot tell at this size' : 'open';
};

/** The rule of `verdictFrom` in words. */
const ruleOf = (slack: number): string =>
  `the whole interval above ${slack === 0 ? '0' : `−${(100 * slack).toFixed(0)} point`}`;
