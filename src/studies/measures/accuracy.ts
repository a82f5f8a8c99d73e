import { interval } from '../../data.ts';
import type { Example, Prediction } from '../../index.ts';

/** Accuracy with its 95 % confidence interval, each between 0 and 1. */
export interface AccuracyReport {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Accuracy by kind of question. */
  readonly byKind: Readonly<Record<string, { readonly mean: number; readonly count: number }>>;
}

/** The kind of question of an example, from its annotation; `all` where it has none. */
export const kindOf = ({ about }: Pick<Example, 'about'>): string =>
  typeof about?.kind === 'string' ? about.kind : 'all';

/** Accuracy with its 95 % confidence interval, and by kind of question. */
export const accuracyReport = (
  predictions: readonly Prediction[],
  { seed }: { readonly seed: number },
): AccuracyReport => {
  const byKind: Record<string, { mean: number; count: number }> = {};
  for (const { example, score } of predictions) {
    const { mean, count } = byKind[kindOf(example)] ?? { mean: 0, count: 0 };
    byKind[kindOf(example)] = { mean: (mean * count + score) / (count + 1), count: count + 1 };
  }
  return {
    ...interval(
      predictions.map(({ score }) => score),
      { seed },
    ),
    // one order in every split
    byKind: Object.fromEntries(Object.entries(byKind).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};

/** Accuracy of always giving the most common answer to that kind of question, between 0 and 1. */
export const priorAccuracy = (examples: readonly Example[]): number => {
  const counts = new Map<string, Map<string, number>>();
  for (const example of examples) {
    const ofKind = counts.get(kindOf(example)) ?? new Map<string, number>();
    counts.set(kindOf(example), ofKind);
    for (const { answer } of example.answers) ofKind.set(answer, (ofKind.get(answer) ?? 0) + 1);
  }
  return [...counts.values()].reduce((sum, ofKind) => sum + Math.max(...ofKind.values()), 0) / examples.length;
};

/** The first examples of each kind of question in turn, in the order of the file and so not selected by result. */
export const firstOfEachKind = (examples: readonly Example[], count: number): Example[] => {
  const kinds = [...new Set(examples.map(kindOf))].map((kind) =>
    examples.filter((example) => kindOf(example) === kind),
  );
  return Array.from({ length: count }, (_, i) => kinds.flatMap((ofKind) => ofKind.slice(i, i + 1)))
    .flat()
    .slice(0, count);
};
