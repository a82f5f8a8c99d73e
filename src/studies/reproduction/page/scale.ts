import { scaled } from '../comparisons.ts';
import { type Measured, studentResult } from '../results.ts';
import { STUDIED } from '../tasks.ts';
import { type VariantName, variants } from '../variants.ts';
import { bandOver, type CurveBand, validated } from './curve-bands.ts';
import { cellOver, percent, type Table } from './table.ts';

/** Validated points of the longest training of a variant. */
const longCurve = (measured: Measured, variant: VariantName, seed: number) =>
  validated(studentResult(measured, { task: STUDIED, variant, updates: measured.size.scale.updates }, seed));

/** Curves of validation accuracy over the most updates, on all training questions. */
export const scaleBands = (measured: Measured): CurveBand[] =>
  scaled.flatMap((variant) =>
    bandOver(
      STUDIED,
      variants[variant].name,
      measured.size.scale.seeds.map((seed) => longCurve(measured, variant, seed)),
    ),
  );

/** The tables of the study of scale. */
export const scaleTables = (measured: Measured): Table[] => [updatesTable(measured), questionsTable(measured)];

/** Ratios of all updates that the table has a column for. */
const BUDGETS = [1 / 40, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

const updatesTable = (measured: Measured): Table => {
  const { scale, updates, batch, learningRate } = measured.size;
  const budgets = [...new Set(BUDGETS.map((part) => Math.max(1, Math.round(part * scale.updates))))];
  return {
    id: 'scale-updates',
    title: 'Scale: accuracy against updates',
    about: `Validation accuracy on ${STUDIED} in the course of ${scale.updates} updates of ${batch} questions, learning rate ${learningRate} with linear decay to 0, at most so many updates done; ${seedsText(scale.seeds)}. All other tables have students of ${updates.student} updates, the same for every variant: what twelve hours on two cores allow with the seeds that the claims need. Not in the paper.`,
    columns: budgets.map((budget) => percent(`${budget} updates`)),
    rows: scaled.map((variant) => ({
      name: variants[variant].name,
      cells: budgets.map((budget) =>
        cellOver(
          scale.seeds,
          (seed) => longCurve(measured, variant, seed).findLast(({ step }) => step <= budget)?.accuracy,
        ),
      ),
    })),
  };
};

const seedsText = (seeds: readonly number[]): string => (seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`);

const questionsTable = (measured: Measured): Table => {
  const { scale, updates } = measured.size;
  const shares = [...scale.shares, 1];
  return {
    id: 'scale-questions',
    title: 'Scale: accuracy against training questions',
    about: `On ${STUDIED} test-iid after ${updates.student} updates, so more passes over fewer questions; ${seedsText(scale.shareSeeds)}. Not in the paper.`,
    columns: shares.map((share) => percent(`${100 * share} % of the questions`)),
    rows: scaled.map((variant) => ({
      name: variants[variant].name,
      cells: shares.map((share) =>
        cellOver(
          scale.shareSeeds,
          (seed) => studentResult(measured, { task: STUDIED, variant, share }, seed)?.measures['test-iid']?.accuracy,
        ),
      ),
    })),
  };
};
