import { meanOf } from '../../../data.ts';
import { scaled } from '../comparisons.ts';
import { type Measured, type RunResult, resultWith, usualStudent } from '../results.ts';
import { SEARCHED } from '../tasks.ts';
import { type VariantName, variants } from '../variants.ts';
import type { CurveBand } from './curve-bands.ts';
import { cellOver, percent, type Table } from './table.ts';

/** The run of the study of scale with a seed, a variant and a ratio of the training questions. */
const scaleResult = (
  { size: { scale }, results }: Measured,
  { variant, share, seed }: { readonly variant: VariantName; readonly share: number; readonly seed: number },
): RunResult | undefined =>
  resultWith(results, {
    ...usualStudent,
    ...{ task: SEARCHED, variant, share, seed, updates: scale.updates, learningRate: scale.learningRate },
  });

/** Validated points of a run's curve, accuracy between 0 and 1. */
const validated = (result: RunResult | undefined): { readonly step: number; readonly accuracy: number }[] =>
  (result?.training?.curves ?? []).flatMap(({ step, validation }) =>
    validation === undefined ? [] : [{ step, accuracy: validation }],
  );

/** Curves of validation accuracy over updates on all training questions, with the range of the seeds. */
export const scaleBands = (measured: Measured): CurveBand[] =>
  scaled.flatMap((variant) => {
    const curves = measured.size.scale.seeds.map((seed) =>
      validated(scaleResult(measured, { variant, share: 1, seed })),
    );
    const longest = curves.find((curve) => curve.length > 0) ?? [];
    return longest.map(({ step }) => {
      const values = curves.flatMap((curve) => curve.find((point) => point.step === step)?.accuracy ?? []);
      const percents = values.map((value) => 100 * value);
      const range = { low: Math.min(...percents), high: Math.max(...percents) };
      return { task: SEARCHED, model: variants[variant].name, step, mean: meanOf(percents), ...range };
    });
  });

/** The tables of the study of scale; none before its first run has ended. */
export const scaleTables = (measured: Measured): Table[] => {
  const isBegun = scaled.some((variant) =>
    measured.size.scale.seeds.some((seed) => scaleResult(measured, { variant, share: 1, seed })),
  );
  return isBegun ? [updatesTable(measured), questionsTable(measured)] : [];
};

/** Ratios of all updates that the table has a column for. */
const BUDGETS = [1 / 40, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

const updatesTable = (measured: Measured): Table => {
  const { scale, updates, batch } = measured.size;
  const budgets = [...new Set(BUDGETS.map((part) => Math.max(1, Math.round(part * scale.updates))))];
  return {
    id: 'scale-updates',
    title: 'Scale: accuracy against updates',
    about: `Validation accuracy on ${SEARCHED} in the course of ${scale.updates} updates of ${batch} questions, learning rate ${scale.learningRate} with linear decay to 0, at most so many updates done. All tables below have students of ${updates.student} updates, the same for every variant. Not in the paper.`,
    columns: budgets.map((budget) => percent(`${budget} updates`)),
    rows: scaled.map((variant) => ({
      name: variants[variant].name,
      cells: budgets.map((budget) =>
        cellOver(scale.seeds, (seed) => {
          const points = validated(scaleResult(measured, { variant, share: 1, seed }));
          return points.findLast(({ step }) => step <= budget)?.accuracy;
        }),
      ),
    })),
  };
};

const questionsTable = (measured: Measured): Table => {
  const { scale } = measured.size;
  return {
    id: 'scale-questions',
    title: 'Scale: accuracy against training questions',
    about: `On ${SEARCHED} test-iid after ${scale.updates} updates, so more passes over fewer questions. Not in the paper.`,
    columns: scale.shares.map((share) => percent(`${100 * share} % of the questions`)),
    rows: scaled.map((variant) => ({
      name: variants[variant].name,
      cells: scale.shares.map((share) =>
        cellOver(
          scale.seeds,
          (seed) => scaleResult(measured, { variant, share, seed })?.measures['test-iid']?.accuracy,
        ),
      ),
    })),
  };
};
