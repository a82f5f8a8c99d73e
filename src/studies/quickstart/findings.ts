import { interval } from '../../data.ts';
import type { Prediction } from '../../index.ts';
import type { LatencyReport } from './content.ts';
import { recipeNames } from './students.ts';

/** Predictions of each model for the same examples in the same order. */
export type Answers = Readonly<Record<string, readonly Prediction[]>>;

/** Name of the student that comes with the package. */
export const SHIPPED_STUDENT = 'shipped student';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (share: number): string => `${Math.abs(100 * share).toFixed(1)} points`;

/**
 * A sentence that compares two models on the same examples. One is called better only if the 95 % confidence interval
 * of the paired difference excludes zero.
 */
export const comparison = (
  [name, judged]: readonly [string, readonly Prediction[]],
  [otherName, other]: readonly [string, readonly Prediction[]],
  { on, seed }: { readonly on: string; readonly seed: number },
): string => {
  const { mean, low, high } = interval(
    judged.map(({ score }, i) => score - other[i]!.score),
    { seed },
  );
  const scores = `${percent(accuracy(judged))} against ${percent(accuracy(other))}`;
  const range = `95 % confidence interval of the difference ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} points`;
  const verdict =
    low > 0
      ? `"${name}" is better than "${otherName}" by ${points(mean)}`
      : high < 0
        ? `"${name}" is worse than "${otherName}" by ${points(mean)}`
        : `"${name}" and "${otherName}" cannot be told apart`;
  return `${verdict} on ${on}: ${scores} (${range}).`;
};

const accuracy = (judged: readonly Prediction[]): number =>
  judged.reduce((sum, { score }) => sum + score, 0) / judged.length;

/**
 * Sentences that say, on each split, how much of the teacher's accuracy the shipped student keeps, and compare every
 * student that was distilled now with the one of hard labels.
 */
export const findingsOf = (
  splits: Readonly<Record<string, Answers>>,
  latency: readonly LatencyReport[],
  { seed }: { readonly seed: number },
): string[] => {
  const sentences = Object.entries(splits).flatMap(([on, answers]) => {
    const { teacher, [SHIPPED_STUDENT]: shipped, [recipeNames.hard]: hard, ...distilled } = answers;
    const students = Object.entries(distilled).map((student) =>
      comparison(student, [recipeNames.hard, hard!], { on, seed }),
    );
    return [quality(shipped!, teacher!, on), ...students];
  });
  return [...sentences, speedup(latency)];
};

/** The ratio of the teacher's accuracy that the shipped student has. */
const quality = (shipped: readonly Prediction[], teacher: readonly Prediction[], on: string): string => {
  const [kept, whole] = [accuracy(shipped), accuracy(teacher)];
  return `The shipped student keeps ${percent(kept / whole)} of its teacher's accuracy on ${on}: ${percent(kept)} of ${percent(whole)}.`;
};

const speedup = (latency: readonly LatencyReport[]): string => {
  const [slowest, fastest] = [latency[0]!, latency.at(-1)!];
  const costOf = ({ what, millisecondsPerImage }: LatencyReport): string =>
    `${millisecondsPerImage.toPrecision(3)} ms (${what})`;
  const factor = slowest.millisecondsPerImage / fastest.millisecondsPerImage;
  // below 2 a whole number would say nothing, or "1 times less"
  const times =
    factor < 1.95 ? `${Math.max(0, 100 * (1 - 1 / factor)).toFixed(0)} % less` : `${factor.toFixed(0)} times less`;
  return `One more question about an image costs ${costOf(fastest)} instead of ${costOf(slowest)}: ${times}.`;
};
