import { meanOf } from '../../../data.ts';
import { type Example, loadTrained, type Model } from '../../../index.ts';
import { explainPairs } from '../../attention/explain.ts';
import type { ExplainedPair } from '../../attention/explained-pair.ts';
import { shownExamples } from '../../quickstart/examples.ts';
import { hasWeights, type Job, weightsOf } from '../job.ts';
import { once, type Table } from '../page/table.ts';
import { chosenRates, type Rates } from '../plan.ts';
import type { Measured } from '../results.ts';
import type { ReproductionSize } from '../size.ts';
import { SEARCHED, understanding } from '../tasks.ts';
import type { VariantName } from '../variants.ts';
import { scenesOf } from './scenes.ts';
import { studentId, tunedTeacher } from './understanding.ts';

/** How far the students' attention is from their teacher's, by its piece. */
const ATTENTION = `attention/${SEARCHED}`;

/** Pairs over which that is measured, and those of them that are shown. */
const [COMPARED, SHOWN] = [64, 4];

/** With L_CA and without, by variant. */
const STUDENTS = { 'distilled student': 'cross', 'undistilled student': 'hard' } as const satisfies Record<
  string,
  VariantName
>;

const WAYS = { 'text to image': 'textToImage', 'image to text': 'imageToText' } as const;

/** Whose attention is looked at, by piece: the teacher's first, then its students'. */
const lookers = ({ seeds }: ReproductionSize, rates: Rates): Readonly<Record<string, string>> => {
  const student = (variant: VariantName): string =>
    studentId({ task: SEARCHED, variant, begins: 'teacher', share: 1, seed: seeds[0]! }, rates[variant]);
  const students = Object.entries(STUDENTS).map(([name, variant]) => [name, student(variant)]);
  return { teacher: tunedTeacher(SEARCHED), ...Object.fromEntries(students) };
};

/** KL of each student's attention to the teacher's: whether L_CA brings it nearer on pictures that were never seen. */
export const attentionPiece = (size: ReproductionSize, rates: Rates): Job => ({
  id: ATTENTION,
  needs: Object.values(lookers(size, rates)),
  cost: 50,
  run: async ({ folder, threads }) => {
    const pairs = await explained(folder, lookers(size, rates), { count: COMPARED, threads });
    const measures: Record<string, Record<string, number>> = {};
    for (const [m, { name, divergence }] of pairs[0]!.models.entries()) {
      if (!divergence) continue;
      const means = Object.entries(WAYS).map(([name, way]) => [
        name,
        meanOf(pairs.map(({ models }) => meanOf(models[m]!.divergence![way]))),
      ]);
      measures[name] = Object.fromEntries(means);
    }
    return { measures };
  },
});

/** The models' attention to the first test examples of each kind of question in turn: not chosen by result. */
const explained = async (
  folder: string,
  ids: Readonly<Record<string, string>>,
  { count, ...options }: { readonly count: number; readonly threads?: number | undefined },
): Promise<ExplainedPair[]> => {
  const models: Record<string, Model> = {};
  for (const [name, id] of Object.entries(ids)) models[name] = await loadTrained(weightsOf(folder, id));
  const examples: Example[] = await understanding[SEARCHED].read(scenesOf(folder, SEARCHED), 'test-iid');
  return explainPairs(models, shownExamples(examples, count), options);
};

/**
 * What teacher, distilled and undistilled student attend to, in every head. None before all three are trained, or where
 * their weights are gone.
 */
export const attentionOf = async (folder: string, { size, outcomes }: Measured): Promise<ExplainedPair[]> => {
  const rates = chosenRates(size, outcomes);
  if (!rates) return [];
  const ids = lookers(size, rates);
  const areThere = Object.values(ids).every((id) => hasWeights(folder, id));
  return areThere ? explained(folder, ids, { count: SHOWN }) : [];
};

export const attentionTable = ({ outcomes }: Measured): Table => {
  const ways = Object.keys(WAYS);
  return {
    id: 'attention',
    title: "How far a student's attention is from its teacher's",
    about: `KL to the teacher's cross-modal attention in the last layer on ${SEARCHED} test-iid, mean over ${COMPARED} pairs, heads and rows, in nats: what L_CA is made of, on pictures that were never seen. First seed. Not in the paper.`,
    columns: ways.map((name) => ({ name, unit: 'nats' })),
    rows: Object.keys(STUDENTS).map((name) => ({
      name,
      cells: ways.map((way) => once(outcomes.get(ATTENTION)?.measures[name]?.[way])),
    })),
  };
};
