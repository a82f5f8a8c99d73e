import { isAnswered } from '../../data.ts';
import type { Example, Prediction } from '../../index.ts';
import { firstOfEachKind, kindOf } from './accuracy.ts';

/** Choice of examples by the answers of two models, and how often each is right on the whole set. */
export interface Choice {
  /** Name of the set that they were chosen from. */
  readonly split: string;
  readonly distilled: string;
  readonly undistilled: string;
  /** Questions of the set by who is right. */
  readonly right: {
    readonly distilledAlone: number;
    readonly undistilledAlone: number;
    readonly both: number;
    readonly neither: number;
  };
  /** Kinds of question with no example that the distilled model alone answers rightly. */
  readonly kindsWithout: readonly string[];
}

/** Two models of the same examples by name, with their predictions in the same order. */
export interface ComparedPredictions {
  readonly distilled: readonly [name: string, predictions: readonly Prediction[]];
  readonly undistilled: readonly [name: string, predictions: readonly Prediction[]];
}

/**
 * Chooses, for each kind of question, the first example in the order of the file that the distilled model answers rightly
 * and the undistilled one wrongly; where there is none of any kind, the first of each kind. An answer is right from a score of 0.5;
 * examples whose answers are not known are left out.
 */
export const chosenExamples = (
  split: string,
  { distilled: [distilled, judged], undistilled: [undistilled, others] }: ComparedPredictions,
): { readonly examples: Example[]; readonly choice: Choice } => {
  const compared = judged.flatMap(({ example, score }, i) =>
    isAnswered(example) ? [{ example, isRight: [score >= 0.5, others[i]!.score >= 0.5] as const }] : [],
  );
  const where = (first: boolean, second: boolean): Example[] =>
    compared.filter(({ isRight: [one, other] }) => one === first && other === second).map(({ example }) => example);
  const wanted = where(true, false);
  const all = compared.map(({ example }) => example);
  const kinds = [...new Set(all.map(kindOf))];
  const found = new Set(wanted.map(kindOf));
  return {
    examples: firstOfEachKind(wanted.length > 0 ? wanted : all, wanted.length > 0 ? found.size : kinds.length),
    choice: {
      ...{ split, distilled, undistilled },
      right: {
        distilledAlone: wanted.length,
        undistilledAlone: where(false, true).length,
        both: where(true, true).length,
        neither: where(false, false).length,
      },
      kindsWithout: kinds.filter((kind) => !found.has(kind)),
    },
  };
};
