import { interval } from '../../data.ts';
import type { Prediction } from '../../index.ts';
import type { LatencyReport } from './content.ts';

/** Predictions of each model for the same examples in the same order. */
export type Answers = Readonly<Record<string, readonly Prediction[]>>;

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

/** Sentences that compare, on each split, every later student with the first one, and the last with the teacher. */
export const findingsOf = (
  splits: Readonly<Record<string, Answers>>,
  latency: readonly LatencyReport[],
  { seed }: { readonly seed: number },
): string[] => {
  const sentences = Object.entries(splits).flatMap(([on, answers]) => {
    const [teacher, baseline, ...distilled] = Object.entries(answers);
    const students = distilled.map((student) => comparison(student, baseline!, { on, seed }));
    return [...students, comparison(distilled.at(-1)!, teacher!, { on, seed })];
  });
  return [...sentences, speedup(latency)];
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
