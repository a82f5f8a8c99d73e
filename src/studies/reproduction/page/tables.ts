import { compared, knowledge, retrievalStages, stages } from '../comparisons.ts';
import { triedRates } from '../learning-rates.ts';
import { type Measured, type RunResult, resultWith, type StudentFields, studentResult } from '../results.ts';
import { SEARCHED, taskNames } from '../tasks.ts';
import { type VariantName, variantNames, variants } from '../variants.ts';
import { attentionTable } from './attention-table.ts';
import { published } from './published.ts';
import { scaleTables } from './scale.ts';
import { type Cell, cellOver, percent, singleValue, type Table } from './table.ts';
import { trainedTwiceTables } from './trained-twice.ts';

/** All tables, with the cells that are measured so far. */
export const tablesOf = (measured: Measured): Table[] => [
  ...scaleTables(measured),
  understandingTable(measured),
  retrievalTable(measured),
  costTable(measured),
  knowledgeTable(measured),
  layersTable(measured),
  attentionTable(measured),
  depthsTable(measured),
  effortTable(measured),
  searchTable(measured),
  ...trainedTwiceTables(measured),
];

/** A measure of the results of all seeds. */
const overSeeds = (
  { size }: Measured,
  resultOf: (seed: number) => RunResult | undefined,
  measureOf: (result: RunResult) => number | undefined,
): Cell =>
  cellOver(size.seeds, (seed) => {
    const result = resultOf(seed);
    return result && measureOf(result);
  });

const accuracyOn =
  (split: string) =>
  ({ measures }: RunResult): number | undefined =>
    measures[split]?.accuracy;

const studentCells = (measured: Measured, fields: StudentFields): Cell[] =>
  ['test-iid', 'test-comp'].map((split) =>
    overSeeds(measured, (seed) => studentResult(measured, fields, seed), accuracyOn(split)),
  );

const splitColumns = taskNames.flatMap((task) => [percent(`${task} test-iid`), percent(`${task} test-comp`)]);

const teacherRow = ({ results }: Measured) => ({
  name: 'teacher',
  cells: taskNames.flatMap((task) => {
    const measures = resultWith(results, { kind: 'teacher', task })?.measures;
    return ['test-iid', 'test-comp'].map((split) => singleValue(measures?.[split]?.accuracy));
  }),
});

const understandingTable = (measured: Measured): Table => ({
  id: 'understanding',
  title: 'Understanding: what each stage of distillation adds',
  about:
    'Accuracy of the fusion encoder and of students of the same size. The published rows are full size on real data, VQA test-dev and NLVR2 dev; the paper says that its rows without distillation are lower throughout.',
  columns: splitColumns,
  rows: [
    teacherRow(measured),
    ...stages.map(({ name, variant, initFrom }) => ({
      name,
      cells: taskNames.flatMap((task) => studentCells(measured, { task, variant, initFrom })),
    })),
    ...published.map(({ name, accuracy }) => ({
      name,
      cells: taskNames.flatMap((task) => [singleValue(accuracy[task]), undefined]),
    })),
  ],
});

const variantRows = (measured: Measured, names: readonly VariantName[]): Table['rows'] =>
  names.map((variant) => ({
    name: variants[variant].name,
    cells: taskNames.flatMap((task) => studentCells(measured, { task, variant })),
  }));

const knowledgeTable = (measured: Measured): Table => ({
  id: 'knowledge',
  title: 'Kinds of knowledge',
  about:
    'Knowledge of the teacher that fine-tuning distils. The paper: soft labels beat hard ones, attention beats hidden states, cross-modal attention beats uni-modal and the whole.',
  columns: splitColumns,
  rows: variantRows(measured, knowledge),
});

const layersTable = (measured: Measured): Table => ({
  id: 'layers',
  title: 'The last layer or every layer',
  about: 'The paper: the last layer is as good as layer-wise distillation or better on NLVR2 and SNLI-VE.',
  columns: splitColumns,
  rows: variantRows(measured, ['cross', 'layers']),
});

const RECALLS = ['text R@1', 'text R@5', 'text R@10', 'image R@1', 'image R@5', 'image R@10'];

const retrievalTable = (measured: Measured): Table => ({
  id: 'retrieval',
  title: 'Retrieval',
  about:
    'Recall over all texts and all images of test-iid, which are quadruples whose captions have the same words in another order. The published rows are full size on the 1,000 images of Flickr30k.',
  columns: RECALLS.map(percent),
  rows: [
    {
      name: 'teacher',
      cells: RECALLS.map((name) =>
        singleValue(resultWith(measured.results, { kind: 'teacher', task: 'retrieval' })?.measures['test-iid']?.[name]),
      ),
    },
    ...retrievalStages.map(({ name: stage, variant, initFrom }) => ({
      name: stage,
      cells: RECALLS.map((name) =>
        overSeeds(
          measured,
          (seed) => resultWith(measured.results, { kind: 'retrieval student', variant, initFrom, seed }),
          ({ measures }) => measures['test-iid']?.[name],
        ),
      ),
    })),
    ...published.map(({ name, recalls }) => ({ name, cells: recalls.map(singleValue) })),
  ],
});

const COSTS = ['teacher', 'student', 'student, images kept', 'encoding an image'];

const costTable = ({ results }: Measured): Table => ({
  id: 'cost',
  title: 'Latency of a question',
  about:
    'Milliseconds for one question about one example on one core, median of 200. An image is encoded once for all questions about it. The paper: the student is more than three times faster.',
  columns: taskNames.map((name) => ({ name, unit: 'milliseconds' })),
  rows: COSTS.map((name) => ({
    name,
    cells: taskNames.map((task) =>
      singleValue(resultWith(results, { kind: 'cost', task })?.measures.milliseconds?.[name]),
    ),
  })),
});

/** Accuracy on `test-iid` of the task on which learning rates are searched for. */
const searchedCell = (measured: Measured, fields: Omit<StudentFields, 'task'>): Cell =>
  studentCells(measured, { ...fields, task: SEARCHED })[0];

const depthsTable = (measured: Measured): Table => ({
  id: 'depths',
  title: "Accuracy against the student's depth",
  about: `On ${SEARCHED} test-iid; the teacher has three layers, from some of which a shallower student is initialised. Not in the paper.`,
  columns: [...measured.size.depths.map((depth) => percent(`${depth} of 3 layers`)), percent('3 of 3 layers')],
  rows: compared.map((variant) => ({
    name: variants[variant].name,
    cells: [
      ...measured.size.depths.map((depth) => searchedCell(measured, { depth, variant })),
      searchedCell(measured, { variant }),
    ],
  })),
});

const effortTable = (measured: Measured): Table => ({
  id: 'effort',
  title: 'Cost of training each variant',
  about: `On ${SEARCHED}, ${measured.size.updates.student} updates with batches of ${measured.size.batch} on one core, while another job ran on the other; memory is the peak of the process, time that of the machine that ran the job.`,
  columns: [
    { name: 'seconds', unit: 'seconds' },
    { name: 'memory', unit: 'mebibytes' },
  ],
  rows: variantNames.map((variant) => {
    const resultOf = (seed: number) => studentResult(measured, { task: SEARCHED, variant }, seed);
    return {
      name: variants[variant].name,
      cells: [
        overSeeds(measured, resultOf, ({ training }) => training?.seconds),
        overSeeds(measured, resultOf, ({ peakBytes }) => peakBytes),
      ],
    };
  }),
});

const searchTable = (measured: Measured): Table => ({
  id: 'search',
  title: 'The search for learning rates',
  about: `Validation accuracy on ${SEARCHED} with the first seed; the best rate of a variant is used for it on all tasks. Every variant has the same number of trials.`,
  columns: measured.size.learningRates.map((rate) => percent(`${rate}`)),
  rows: variantNames.map((variant) => ({
    name: variants[variant].name,
    cells: measured.size.learningRates.map((rate) =>
      singleValue(triedRates(variant, measured.size, measured.results).find((one) => one.rate === rate)?.accuracy),
    ),
  })),
});
