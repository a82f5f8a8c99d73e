import { meanOf } from '../../../data.ts';
import type { Example, Model } from '../../../index.ts';
import { explainPairs } from '../../attention/explain.ts';
import type { ExplainedPair } from '../../attention/explained-pair.ts';
import { firstOfEachKind } from '../../measures/accuracy.ts';
import { hasWeights } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import { type Measured, usualStudent } from '../results.ts';
import { idOf, type Run } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { SEARCHED, understanding } from '../tasks.ts';
import type { Rates, VariantName } from '../variants.ts';
import { scenesFolder } from './scenes.ts';

/** Number of pairs over which the divergence is averaged. */
export const COMPARED_PAIRS = 64;

/** Number of pairs that the page shows. */
const SHOWN_PAIRS = 4;

/** The students that are compared with their teacher, with L_CA and without, by variant. */
export const attentionStudents = {
  'distilled student': 'cross',
  'undistilled student': 'hard',
} as const satisfies Record<string, VariantName>;

/** The two directions of cross-modal attention: name of the measure to field of the divergence. */
export const attentionDirections = { 'text to image': 'textToImage', 'image to text': 'imageToText' } as const;

/** The runs whose models are compared: the teacher's first, then its students'. */
const comparedRuns = ({ seeds }: ReproductionSize, rates: Rates): Readonly<Record<string, Run>> => {
  const student = (variant: VariantName): Run => ({
    ...usualStudent,
    task: SEARCHED,
    variant,
    seed: seeds[0]!,
    learningRate: rates[variant],
  });
  const students = Object.entries(attentionStudents).map(([name, variant]) => [name, student(variant)]);
  return { teacher: { kind: 'teacher', task: SEARCHED }, ...Object.fromEntries(students) };
};

/** KL divergence of each student's cross-modal attention from the teacher's, on test images. */
export const attentionJob = (size: ReproductionSize, rates: Rates): PlannedJob =>
  jobOf(
    { kind: 'attention', task: SEARCHED },
    {
      needs: Object.values(comparedRuns(size, rates)),
      cost: 20,
      execute: async ({ folder, threads }) => {
        const pairs = await explained(folder, comparedRuns(size, rates), { count: COMPARED_PAIRS, threads });
        const measures: Record<string, Record<string, number>> = {};
        for (const [m, { name, divergence }] of pairs[0]!.models.entries()) {
          if (!divergence) continue;
          const means = Object.entries(attentionDirections).map(([direction, field]) => [
            direction,
            meanOf(pairs.map(({ models }) => meanOf(models[m]!.divergence![field]))),
          ]);
          measures[name] = Object.fromEntries(means);
        }
        return { measures };
      },
    },
  );

/** The attention of the models on the first test examples of each kind of question in turn, not selected by result. */
const explained = async (
  folder: string,
  runs: Readonly<Record<string, Run>>,
  { count, ...options }: { readonly count: number; readonly threads?: number | undefined },
): Promise<ExplainedPair[]> => {
  const models: Record<string, Model> = {};
  for (const [name, run] of Object.entries(runs)) models[name] = await loadRun(folder, run);
  const examples: Example[] = await understanding[SEARCHED].read(scenesFolder(folder, SEARCHED), 'test-iid');
  return explainPairs(models, firstOfEachKind(examples, count), options);
};

/**
 * Every head's attention of the teacher, the distilled and the undistilled student on a few pairs; empty while one of
 * them is not trained or its weights are missing.
 */
export const explainedPairsOf = async (folder: string, { size, rates }: Measured): Promise<ExplainedPair[]> => {
  if (!rates) return [];
  const runs = comparedRuns(size, rates);
  const areThere = Object.values(runs).every((run) => hasWeights(folder, idOf(run)));
  return areThere ? explained(folder, runs, { count: SHOWN_PAIRS }) : [];
};
