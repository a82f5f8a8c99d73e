import { overSeeds } from '../confidence.ts';
import type { Result } from '../job.ts';
import { attentionTable } from '../jobs/attention.ts';
import { costId } from '../jobs/cost.ts';
import { RETRIEVAL_TEACHER, retrievalId, retrievalRows } from '../jobs/retrieval.ts';
import { type StudentRun, studentId, tunedTeacher } from '../jobs/understanding.ts';
import { compared, knowledge, type Rates, stages, triedRates, variantNames } from '../plan.ts';
import type { Measured } from '../results.ts';
import { SEARCHED, type TaskName, taskNames } from '../tasks.ts';
import { type VariantName, variants } from '../variants.ts';
import { published } from './published.ts';
import { type Cell, once, percent, type Table } from './table.ts';
import { trainedAgainTables } from './trained-again.ts';

/** All tables, as far as they are measured. */
export const tablesOf = (measured: Measured, rates: Rates): Table[] => [
  understandingTable(measured, rates),
  retrievalTable(measured),
  costTable(measured),
  knowledgeTable(measured, rates),
  layersTable(measured, rates),
  attentionTable(measured),
  amountsTable(measured, rates),
  depthsTable(measured, rates),
  effortTable(measured, rates),
  searchTable(measured),
  ...trainedAgainTables(measured),
];

/** A measure over all seeds that are there. */
const over = (
  { size, outcomes }: Measured,
  id: (seed: number) => string,
  measureOf: (outcome: Result) => number | undefined,
): Cell => {
  const values = size.seeds.flatMap((seed) => {
    const outcome = outcomes.get(id(seed));
    const value = outcome && measureOf(outcome);
    return value === undefined ? [] : [value];
  });
  if (values.length === 0) return undefined;
  return values.length === size.seeds.length ? overSeeds(values) : { ...overSeeds(values), of: size.seeds.length };
};

const accuracyOn =
  (split: string) =>
  ({ measures }: Result): number | undefined =>
    measures[split]?.accuracy;

type Row = Omit<StudentRun, 'seed' | 'task'>;

const student = (measured: Measured, rates: Rates, task: TaskName, row: Row): Cell[] =>
  ['test-iid', 'test-comp'].map((split) =>
    over(measured, (seed) => studentId({ ...row, task, seed }, rates[row.variant]), accuracyOn(split)),
  );

const usual = { begins: 'teacher', share: 1 } as const;

const splitColumns = taskNames.flatMap((task) => [percent(`${task} test-iid`), percent(`${task} test-comp`)]);

const teacherRow = ({ outcomes }: Measured) => ({
  name: 'teacher',
  cells: taskNames.flatMap((task) =>
    ['test-iid', 'test-comp'].map((split) => once(outcomes.get(tunedTeacher(task))?.measures[split]?.accuracy)),
  ),
});

const understandingTable = (measured: Measured, rates: Rates): Table => ({
  id: 'understanding',
  title: 'Understanding: what each stage of distillation adds',
  about:
    'Accuracy of the fusion encoder and of students of the same size. Published is full size on real data, VQA test-dev and NLVR2 dev; the paper says that its rows without distillation are lower throughout.',
  columns: splitColumns,
  rows: [
    teacherRow(measured),
    ...stages.map(({ name, variant, begins }) => ({
      name,
      cells: taskNames.flatMap((task) => student(measured, rates, task, { ...usual, variant, begins })),
    })),
    ...published.map(({ name, accuracy }) => ({
      name,
      cells: taskNames.flatMap((task) => [once(accuracy[task]), undefined]),
    })),
  ],
});

const variantRows = (measured: Measured, rates: Rates, names: readonly VariantName[]): Table['rows'] =>
  names.map((variant) => ({
    name: variants[variant].name,
    cells: taskNames.flatMap((task) => student(measured, rates, task, { ...usual, variant })),
  }));

const knowledgeTable = (measured: Measured, rates: Rates): Table => ({
  id: 'knowledge',
  title: 'Kinds of knowledge',
  about:
    'What is looked at of the teacher in fine-tuning. The paper: soft labels beat hard ones, attention beats hidden states, cross-modal attention beats uni-modal and the whole.',
  columns: splitColumns,
  rows: variantRows(measured, rates, knowledge),
});

const layersTable = (measured: Measured, rates: Rates): Table => ({
  id: 'layers',
  title: 'The last layer, or every layer',
  about: 'The paper: the last layer is as good as layer-wise distillation or better on NLVR2 and SNLI-VE.',
  columns: splitColumns,
  rows: variantRows(measured, rates, ['cross', 'layers']),
});

const RECALLS = ['text R@1', 'text R@5', 'text R@10', 'image R@1', 'image R@5', 'image R@10'];

const retrievalTable = (measured: Measured): Table => ({
  id: 'retrieval',
  title: 'Retrieval',
  about:
    'Recall among all texts and all images of test-iid, which are quadruples that say the same words in other places. Published is full size on the 1,000 images of Flickr30k.',
  columns: RECALLS.map(percent),
  rows: [
    {
      name: 'teacher',
      cells: RECALLS.map((name) => once(measured.outcomes.get(RETRIEVAL_TEACHER)?.measures['test-iid']?.[name])),
    },
    ...retrievalRows.map((row) => ({
      name: row.name,
      cells: RECALLS.map((name) =>
        over(
          measured,
          (seed) => retrievalId(row, seed),
          ({ measures }) => measures['test-iid']?.[name],
        ),
      ),
    })),
    ...published.map(({ name, recalls }) => ({ name, cells: recalls.map(once) })),
  ],
});

const COSTS = ['teacher', 'student', 'student, images kept', 'encoding an image'];

const costTable = ({ outcomes }: Measured): Table => ({
  id: 'cost',
  title: 'What a question costs',
  about:
    'Milliseconds of one question about one example, one core, median of 200; an image is encoded once, whatever is asked of it later. The paper: the student answers more than three times faster.',
  columns: taskNames.map((name) => ({ name, unit: 'milliseconds' })),
  rows: COSTS.map((name) => ({
    name,
    cells: taskNames.map((task) => once(outcomes.get(costId(task))?.measures.milliseconds?.[name])),
  })),
});

const ofSearched = (measured: Measured, rates: Rates, row: Row): Cell => student(measured, rates, SEARCHED, row)[0];

const amountsTable = (measured: Measured, rates: Rates): Table => ({
  id: 'amounts',
  title: 'Accuracy against the amount of training data',
  about: `On ${SEARCHED} test-iid, with the same number of updates: a smaller set is seen more often. Not in the paper.`,
  columns: [...measured.size.shares, 1].map((share) => percent(`${100 * share} % of the data`)),
  rows: compared.map((variant) => ({
    name: variants[variant].name,
    cells: [...measured.size.shares, 1].map((share) => ofSearched(measured, rates, { ...usual, share, variant })),
  })),
});

const depthsTable = (measured: Measured, rates: Rates): Table => ({
  id: 'depths',
  title: "Accuracy against the student's depth",
  about: `On ${SEARCHED} test-iid; the teacher has three layers, and a shallower student begins from some of them. Not in the paper.`,
  columns: [...measured.size.depths.map((depth) => percent(`${depth} of 3 layers`)), percent('3 of 3 layers')],
  rows: compared.map((variant) => ({
    name: variants[variant].name,
    cells: [
      ...measured.size.depths.map((depth) => ofSearched(measured, rates, { ...usual, depth, variant })),
      ofSearched(measured, rates, { ...usual, variant }),
    ],
  })),
});

const effortTable = (measured: Measured, rates: Rates): Table => ({
  id: 'effort',
  title: 'What each variant costs to train',
  about: `On ${SEARCHED}, ${measured.size.updates.student} updates of ${measured.size.batch} on one core, while the other core trained too; memory is the most that the process held.`,
  columns: [
    { name: 'seconds', unit: 'seconds' },
    { name: 'memory', unit: 'mebibytes' },
  ],
  rows: variantNames.map((variant) => {
    const id = (seed: number): string => studentId({ ...usual, task: SEARCHED, variant, seed }, rates[variant]);
    return {
      name: variants[variant].name,
      cells: [
        over(measured, id, ({ training }) => training?.seconds),
        over(measured, id, ({ peakBytes }) => peakBytes),
      ],
    };
  }),
});

const searchTable = (measured: Measured): Table => ({
  id: 'search',
  title: 'The search for learning rates',
  about: `Validation accuracy on ${SEARCHED} with the first seed; the best rate of a variant is used for it on all tasks. The same effort for every variant.`,
  columns: measured.size.learningRates.map((rate) => percent(`${rate}`)),
  rows: variantNames.map((variant) => ({
    name: variants[variant].name,
    cells: measured.size.learningRates.map((rate) =>
      once(triedRates(variant, measured.size, measured.outcomes).find((one) => one.rate === rate)?.accuracy),
    ),
  })),
});
