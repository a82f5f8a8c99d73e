import { sameWordsNames } from '../../measures/same-words.ts';
import { compared, retrievalLosses, retrievalStages, stages, variantsOn } from '../comparisons.ts';
import { type Measured, resultWith, type StudentFields, studentResult } from '../results.ts';
import type { RetrievalStudentRun } from '../run.ts';
import { STUDIED, type TaskName, taskNames } from '../tasks.ts';
import { retrievalVariants, type VariantName, variants } from '../variants.ts';
import { attentionTable } from './attention-table.ts';
import { budgetTable } from './budget-table.ts';
import { galleryTable } from './gallery.ts';
import { published } from './published.ts';
import { scaleTables } from './scale.ts';
import { type Cell, cellOver, percent, singleValue, type Table } from './table.ts';
import { trainedTwiceTables } from './trained-twice.ts';

/** All tables, with the cells that are measured so far. */
export const tablesOf = (measured: Measured): Table[] => [
  ...scaleTables(measured),
  understandingTable(measured),
  retrievalTable(measured),
  retrievalLossesTable(measured),
  galleryTable(measured),
  costTable(measured),
  knowledgeTable(measured),
  layersTable(measured),
  attentionTable(measured),
  ...(measured.size.otherRates.length > 0 ? [ratesTable(measured)] : []),
  budgetTable(measured),
  ...trainedTwiceTables(measured),
];

const studentCells = (measured: Measured, fields: StudentFields): Cell[] =>
  ['test-iid', 'test-comp'].map((split) =>
    cellOver(
      measured.size.seeds[fields.task],
      (seed) => studentResult(measured, fields, seed)?.measures[split]?.accuracy,
    ),
  );

const columnsOf = (tasks: readonly TaskName[]) =>
  tasks.flatMap((task) => [percent(`${task} test-iid`), percent(`${task} test-comp`)]);

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
    'Accuracy of the fusion encoder and of students of the same size. The teachers come with the package; they were trained on more scenes of this world, and on none of these. The published rows are full size on real data, VQA test-dev and NLVR2 dev; the paper says that its rows without distillation are lower throughout.',
  columns: columnsOf(taskNames),
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

const variantRows = (measured: Measured, names: readonly VariantName[], tasks: readonly TaskName[]): Table['rows'] =>
  names.map((variant) => ({
    name: variants[variant].name,
    cells: tasks.flatMap((task) => studentCells(measured, { task, variant })),
  }));

const knowledgeTable = (measured: Measured): Table => ({
  id: 'knowledge',
  title: 'Kinds of knowledge',
  about:
    'Knowledge of the teacher that fine-tuning distils. The paper: soft labels beat hard ones, attention beats hidden states, cross-modal attention beats uni-modal and the whole. A cell is empty where no claim needs the runs.',
  columns: columnsOf(taskNames),
  rows: variantRows(measured, variantsOn[STUDIED], taskNames),
});

/** Tasks on which every layer is distilled, too. */
const layered = taskNames.filter((task) => variantsOn[task].includes('layers'));

const layersTable = (measured: Measured): Table => ({
  id: 'layers',
  title: 'The last layer or every layer',
  about: 'The paper: the last layer is as good as layer-wise distillation or better on NLVR2 and SNLI-VE.',
  columns: columnsOf(layered),
  rows: variantRows(measured, ['cross', 'layers'], layered),
});

const RECALLS = ['text R@1', 'text R@5', 'text R@10', 'image R@1', 'image R@5', 'image R@10', ...sameWordsNames];

const retrievalTable = (measured: Measured): Table => ({
  id: 'retrieval',
  title: 'Retrieval',
  about:
    'Recall over all texts and all images of test-iid, which are quadruples whose captions have the same words in another order; “of four” is recall among the four of a quadruple alone. A caption may be true of images of other quadruples, too, which limits recall over all. The published rows are full size on the 1,000 images of Flickr30k.',
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
      cells: recallCells(measured, { variant, initFrom }, measured.size.seeds.retrieval),
    })),
    ...published.map(({ name, recalls }) => ({ name, cells: RECALLS.map((_, i) => singleValue(recalls[i])) })),
  ],
});

const recallCells = (
  { results }: Measured,
  fields: Pick<RetrievalStudentRun, 'variant' | 'initFrom'>,
  seeds: readonly number[],
): Cell[] =>
  RECALLS.map((name) =>
    cellOver(
      seeds,
      (seed) => resultWith(results, { kind: 'retrieval student', ...fields, seed })?.measures['test-iid']?.[name],
    ),
  );

const retrievalLossesTable = (measured: Measured): Table => ({
  id: 'retrieval-losses',
  title: 'Other losses of retrieval',
  about:
    'Recall on test-iid of students from stage 1 with the first seed: soft scores of hard negatives, their order alone (contrastive partial ranking distillation, 2407.07479), and a contrast by sigmoid (2303.15343). Not in the paper.',
  columns: RECALLS.map(percent),
  rows: (['contrast', 'attention', ...retrievalLosses] as const).map((variant) => ({
    name: retrievalVariants[variant].name,
    cells: recallCells(measured, { variant, initFrom: 'stage 1' }, measured.size.seeds.retrieval.slice(0, 1)),
  })),
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

/** Accuracy of the variants that are compared at several learning rates, with the first seed. */
const ratesTable = (measured: Measured): Table => {
  const { learningRate, otherRates, seeds } = measured.size;
  const rates = [learningRate, ...otherRates].sort((a, b) => a - b);
  return {
    id: 'rates',
    title: 'Other learning rates',
    about: `On ${STUDIED} test-iid with the first seed. All other tables have the rate ${learningRate} for every variant, so that none had more trials than another.`,
    columns: rates.map((rate) => percent(`${rate}`)),
    rows: compared.map((variant) => ({
      name: variants[variant].name,
      cells: rates.map((rate) =>
        singleValue(
          studentResult(measured, { task: STUDIED, variant, learningRate: rate }, seeds[STUDIED][0]!)?.measures[
            'test-iid'
          ]?.accuracy,
        ),
      ),
    })),
  };
};
