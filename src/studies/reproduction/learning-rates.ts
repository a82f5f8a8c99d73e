import { type RunResult, resultWith, usualStudent } from './results.ts';
import type { StudentRun } from './run.ts';
import type { ReproductionSize } from './size.ts';
import { SEARCHED } from './tasks.ts';
import { type Rates, type VariantName, variantNames } from './variants.ts';

/** The run that tries one learning rate for a variant: on one task, with the first seed. */
export const searchRun = (variant: VariantName, { seeds }: ReproductionSize, learningRate: number): StudentRun => ({
  ...usualStudent,
  task: SEARCHED,
  variant,
  learningRate,
  seed: seeds[0]!,
});

/** The learning rates that were tried for a variant so far, with their validation accuracies. */
export const triedRates = (
  variant: VariantName,
  size: ReproductionSize,
  results: readonly RunResult[],
): { readonly rate: number; readonly accuracy: number }[] =>
  size.learningRates.flatMap((rate) => {
    const accuracy = resultWith(results, searchRun(variant, size, rate))?.measures.validation?.accuracy;
    return accuracy === undefined ? [] : [{ rate, accuracy }];
  });

/**
 * The learning rate of each variant with the highest validation accuracy; undefined until the whole search has ended.
 */
export const chosenRates = (size: ReproductionSize, results: readonly RunResult[]): Rates | undefined => {
  const all = variantNames.map((variant) => [variant, triedRates(variant, size, results)] as const);
  if (all.some(([, tried]) => tried.length < size.learningRates.length)) return undefined;
  const best = ([variant, tried]: (typeof all)[number]) =>
    [variant, tried.reduce((a, b) => (b.accuracy > a.accuracy ? b : a)).rate] as const;
  return Object.fromEntries(all.map(best)) as Rates;
};
