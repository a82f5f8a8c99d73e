import { meanOf } from '../../../data.ts';
import { knowledge } from '../comparisons.ts';
import { type Measured, studentResult } from '../results.ts';
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

/** Validation curves over seeds, of each kind of knowledge on each task. */
export const curveBands = (measured: Measured): CurveBand[] =>
  taskNames.flatMap((task) =>
    knowledge.flatMap((variant) => {
      const runs = measured.size.seeds.flatMap((seed) => {
        const curve = studentResult(measured, { task, variant }, seed)?.training?.curves.filter(
          ({ validation }) => validation !== undefined,
        );
        return curve ? [curve] : [];
      });
      return (runs[0] ?? []).flatMap(({ step }, at) => {
        const values = runs.flatMap((run) => run[at]?.validation ?? []).map((accuracy) => 100 * accuracy);
        const mean = meanOf(values);
        return [
          { task, model: variants[variant].name, step, mean, low: Math.min(...values), high: Math.max(...values) },
        ];
      });
    }),
  );
