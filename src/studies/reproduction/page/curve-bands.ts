import { studentId } from '../jobs/understanding.ts';
import { knowledge, type Rates } from '../plan.ts';
import type { Measured } from '../results.ts';
import { taskNames } from '../tasks.ts';
import { variants } from '../variants.ts';

/** A point of a variant's validation curve over its seeds, in percent. */
export interface CurveBand {
  readonly task: string;
  readonly model: string;
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The validation curves of every kind of knowledge on every task, each over its seeds. */
export const curveBands = ({ size, outcomes }: Measured, rates: Rates): CurveBand[] =>
  taskNames.flatMap((task) =>
    knowledge.flatMap((variant) => {
      const runs = size.seeds.flatMap((seed) => {
        const id = studentId({ task, variant, begins: 'teacher', share: 1, seed }, rates[variant]);
        const curve = outcomes.get(id)?.training?.curves.filter(({ validation }) => validation !== undefined);
        return curve ? [curve] : [];
      });
      return (runs[0] ?? []).flatMap(({ step }, at) => {
        const values = runs.flatMap((run) => run[at]?.validation ?? []).map((accuracy) => 100 * accuracy);
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        return [
          { task, model: variants[variant].name, step, mean, low: Math.min(...values), high: Math.max(...values) },
        ];
      });
    }),
  );
