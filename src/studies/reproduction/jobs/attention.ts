import { meanOf } from '../../../data.ts';
import { type Example, evaluate, type Model } from '../../../index.ts';
import type { ExplainedPair } from '../../../query.ts';
import { explainPairs } from '../../attention/explain.ts';
import { firstOfEachKind } from '../../measures/accuracy.ts';
import { type Choice, chosenExamples } from '../../measures/chosen-examples.ts';
import { hasWeights } from '../job.ts';
import { jobOf, loadRun, type PlannedJob } from '../planned-job.ts';
import { type Measured, usualStudent } from '../results.ts';
import { idOf, type Run } from '../run.ts';
import type { ReproductionSize } from '../size.ts';
import { STUDIED, understanding } from '../tasks.ts';
import type { VariantName } from '../variants.ts';
import { scenesFolder } from './scenes.ts';
import { loadTeacher } from './teachers.ts';

/** Number of pairs over which the divergence is averaged. */
export const COMPARED_PAIRS = 64;

/** The students that are compared with their teacher, with L_CA and without, by variant. */
export const attentionStudents = {
  'distilled student': 'cross',
  'undistilled student': 'hard',
} as const satisfies Record<string, VariantName>;

/** The two directions of cross-modal attention: name of the measure to field of the divergence. */
export const attentionDirections = { 'text to image': 'textToImage', 'image to text': 'imageToText' } as const;

/** The runs whose students are compared with their teacher. */
const comparedRuns = ({ seeds, learningRate }: ReproductionSize): Readonly<Record<string, Run>> => {
  const student = (variant: VariantName): Run => ({
    ...usualStudent,
    task: STUDIED,
    variant,
    seed: seeds[STUDIED][0]!,
    learningRate,
  });
  return Object.fromEntries(Object.entries(attentionStudents).map(([name, variant]) => [name, student(variant)]));
};

/** KL divergence of each student's cross-modal attention from the teacher's, on test images. */
export const attentionJob = (size: ReproductionSize): PlannedJob =>
  jobOf(
    { kind: 'attention', task: STUDIED },
    {
      needs: Object.values(comparedRuns(size)),
      part: STUDIED,
      view: STUDIED,
      execute: async ({ folder, threads }) => {
        const models = await loadModels(folder, comparedRuns(size));
        // not selected by result, as the divergences are a measure
        const examples = firstOfEachKind(await readTest(folder), COMPARED_PAIRS);
        const pairs = await explainPairs(models, examples, { threads });
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

/** The teacher first, then its students. */
const loadModels = async (
  folder: string,
  runs: Readonly<Record<string, Run>>,
): Promise<Readonly<Record<string, Model>>> => {
  const models: Record<string, Model> = { teacher: await loadTeacher(STUDIED) };
  for (const [name, run] of Object.entries(runs)) models[name] = await loadRun(folder, run);
  return models;
};

const SPLIT = 'test-iid';

const readTest = (folder: string): Promise<Example[]> =>
  understanding[STUDIED].read(scenesFolder(folder, STUDIED), SPLIT);

/**
 * Every head's attention of the teacher, the distilled and the undistilled student on test examples that the distilled one
 * alone answers rightly, and how those were chosen; undefined while a student is not trained or its weights are missing.
 */
export const explainedPairsOf = async (
  folder: string,
  { size }: Measured,
): Promise<{ readonly pairs: ExplainedPair[]; readonly choice: Choice } | undefined> => {
  const runs = comparedRuns(size);
  if (!Object.values(runs).every((run) => hasWeights(folder, idOf(run)))) return undefined;
  const models = await loadModels(folder, runs);
  const examples = await readTest(folder);
  const answersOf = async (name: keyof typeof attentionStudents) =>
    [name, (await evaluate(models[name]!, { task: understanding[STUDIED], examples })).predictions] as const;
  const { examples: chosen, choice } = chosenExamples(SPLIT, {
    distilled: await answersOf('distilled student'),
    undistilled: await answersOf('undistilled student'),
  });
  return { pairs: await explainPairs(models, chosen), choice };
};
