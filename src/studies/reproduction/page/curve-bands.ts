import { meanOf } from '../../../data.ts';
import { variantsOn } from '../comparisons.ts';
import { type Measured, type RunResult, studentResult } from '../results.ts';
import { taskNames } from '../tasks.ts';
import { variants } from '../variants.ts';

/** One point of a variant's validation curve: mean, minimum and maximum over seeds, in percent. */
export interface CurveBand {
  readonly task: string;
  readonly model: string;
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

type Curve = readonly { readonly step: number; readonly accuracy: number }[];

/** Validated points of a run's curve, accuracy between 0 and 1; none where there is no result. */
export const validated = (result: RunResult | undefined): Curve =>
  (result?.training?.curves ?? []).flatMap(({ step, validation }) =>
    validation === undefined ? [] : [{ step, accuracy: validation }],
  );

/** Mean and range of the curves of several seeds at each validated update. */
export const bandOver = (task: string, model: string, curves: readonly Curve[]): CurveBand[] => {
  const longest = curves.find((curve) => curve.length > 0) ?? [];
  return longest.map(({ step }) => {
    const values = curves.flatMap((curve) => curve.find((point) => point.step === step)?.accuracy ?? []);
    const percents = values.map((value) => 100 * value);
    return { task, model, step, mean: meanOf(percents), low: Math.min(...percents), high: Math.max(...percents) };
  });
};

/** Validation curves over seeds, of each variant on each task. */
export const curveBands = (measured: Measured): CurveBand[] =>
  taskNames.flatMap((task) =>
    variantsOn[task].flatMap((variant) =>
      bandOver(
        task,
        variants[variant].name,
        measured.size.seeds[task].map((seed) => validated(studentResult(measured, { task, variant }, seed))),
      ),
    ),
  );
