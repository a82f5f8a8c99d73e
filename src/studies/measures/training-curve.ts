import { readMetrics } from '../../training.ts';
import type { CurvePoint } from '../quickstart/content.ts';

/** Losses and validations of a run's metrics, averaged over intervals of updates to at most so many points. */
export const trainingCurve = (run: string, points: number): CurvePoint[] => {
  const all = readMetrics(run);
  const stretch = Math.max(1, Math.ceil(all.length / points));
  return Array.from({ length: Math.ceil(all.length / stretch) }, (_, i) => {
    const part = all.slice(i * stretch, (i + 1) * stretch);
    const objectives = Object.keys(part[0]!.values).filter((name) => name.startsWith('loss/'));
    const meanOf = (name: string): number => part.reduce((sum, { values }) => sum + values[name]!, 0) / part.length;
    const validation = part.find(({ values }) => values.validation !== undefined)?.values.validation;
    return {
      step: part.at(-1)!.step,
      losses: Object.fromEntries(objectives.map((name) => [name.slice('loss/'.length), meanOf(name)])),
      ...(validation === undefined ? {} : { validation }),
    };
  });
};
