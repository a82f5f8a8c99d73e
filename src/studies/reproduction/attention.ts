import type { Example } from '../../data/example.ts';
import { meanOf } from '../../tasks/task.ts';
import { loadTrained, type Trained } from '../../weights/trained.ts';
import { shownExamples } from '../examples.ts';
import { explainPairs } from '../explain.ts';
import type { ExplainedPair } from '../report/explained.ts';
import { scenesOf } from './data.ts';
import { hasWeights, type Piece, weightsOf } from './piece.ts';
import { chosenRates, type Rates } from './plan.ts';
import type { Measured } from './reproduce.ts';
import type { ReproductionSize } from './size.ts';
import { once, type Table } from './table.ts';
import { SEARCHED, understanding } from './tasks.ts';
import { studentId, tunedTeacher } from './understanding.ts';
import type { VariantName } from './variants.ts';

/** How far the students' attention is from their teacher's, by its piece. */
const ATTENTION = `attention/${SEARCHED}`;

/** Pairs over which that is measured, and those of them that are shown. */
const [COMPARED, SHOWN] = [64, 4];

/** Whose attention is looked at, by piece: the teacher's first, then its students' with and without L_CA. */
const lookers = ({ seeds }: ReproductionSize, rates: Rates): Readonly<Record<string, string>> => {
  const student = (variant: VariantName): string =>
    studentId({ task: SEARCHED, variant, begins: 'teacher', share: 1, seed: seeds[0]! }, rates[variant]);
  return {
    teacher: tunedTeacher(SEARCHED),
    'distilled student': student('cross'),
    'undistilled student': student('hard'),
  };
};

/** KL of each student's attention to the teacher's: whether L_CA brings it nearer on pictures that were never seen. */
export const attentionPiece = (size: ReproductionSize, rates: Rates): Piece => ({
  id: ATTENTION,
  needs: Object.values(lookers(size, rates)),
  cost: 50,
  run: async ({ folder }) => {
    const pairs = await explained(folder, lookers(size, rates), COMPARED);
    const measures: Record<string, Record<string, number>> = {};
    for (const [m, { name, divergence }] of pairs[0]!.models.entries()) {
      if (!divergence) continue;
      const over = (way: keyof typeof divergence): number =>
        meanOf(pairs.map(({ models }) => meanOf(models[m]!.divergence![way])));
      measures[name] = { 'text to image': over('textToImage'), 'image to text': over('imageToText') };
    }
    return { measures };
  },
});

/** The models' attention to the first test examples of each kind of question in turn: not chosen by result. */
const explained = async (
  folder: string,
  ids: Readonly<Record<string, string>>,
  count: number,
): Promise<ExplainedPair[]> => {
  const models: Record<string, Trained> = {};
  for (const [name, id] of Object.entries(ids)) models[name] = await loadTrained(weightsOf(folder, id));
  const examples: Example[] = await understanding[SEARCHED].read(scenesOf(folder, SEARCHED), 'test-iid');
  return explainPairs(models, shownExamples(examples, count));
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
  return areThere ? explained(folder, ids, SHOWN) : [];
};

export const attentionTable = ({ outcomes }: Measured): Table => {
  const ways = ['text to image', 'image to text'];
  return {
    id: 'attention',
    title: "How far a student's attention is from its teacher's",
    about: `KL to the teacher's cross-modal attention in the last layer on ${SEARCHED} test-iid, mean over ${COMPARED} pairs, heads and rows, in nats: what L_CA is made of, on pictures that were never seen. First seed. Not in the paper.`,
    columns: ways.map((name) => ({ name, unit: 'nats' })),
    rows: ['distilled student', 'undistilled student'].map((name) => ({
      name,
      cells: ways.map((way) => once(outcomes.get(ATTENTION)?.measures[name]?.[way])),
    })),
  };
};
