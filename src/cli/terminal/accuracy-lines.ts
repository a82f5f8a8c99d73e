import { isAnswered } from '../../data.ts';
import type { Prediction } from '../../index.ts';
import { type Estimate, estimate, formatInterval } from './measures.ts';
import { type Cell, percent } from './table.ts';

/** One line of the report: a split, or the questions of one kind in it. */
export interface Line {
  readonly split: string;
  readonly questions: number;
  /** Questions whose right answers are not known: neither accuracy nor interval counts them. */
  readonly unanswered: number;
  /** Null where no answer is known. */
  readonly accuracy: number | null;
  readonly interval: Estimate['interval'] | null;
  /** Absent for the whole split. */
  readonly kind?: string | undefined;
}

/** Whether the right answer is known. */
export const isJudged = ({ example }: Prediction): boolean => isAnswered(example);

/** The lines of a split: the whole, and each kind of question in it. */
export const linesOf = (split: string, judged: readonly Prediction[], seed: number): Line[] => {
  const kinds = new Map<string, Prediction[]>();
  for (const one of judged) {
    const kind = one.example.about?.kind;
    if (typeof kind !== 'string') continue;
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind)!.push(one);
  }
  const byKind = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
  const lineOf = (all: readonly Prediction[]): Line => {
    const scores = all.filter(isJudged).map(({ score }) => score);
    const counts = { split, questions: all.length, unanswered: all.length - scores.length };
    if (scores.length === 0) return { ...counts, accuracy: null, interval: null };
    const { share: accuracy, interval } = estimate(scores, seed);
    return { ...counts, accuracy, interval };
  };
  return [lineOf(judged), ...byKind.map(([kind, some]) => ({ ...lineOf(some), kind }))];
};

/** Lines as the rows of a table. */
export const rowsOf = (lines: readonly Line[]): Cell[][] => {
  const hasUnanswered = lines.some(({ unanswered }) => unanswered > 0);
  return [
    ['split', 'kind', 'questions', ...(hasUnanswered ? ['unanswered'] : []), 'accuracy', '95 % interval'],
    ...lines.map(({ split, kind, questions, unanswered, accuracy, interval }) => [
      split,
      kind ?? 'all',
      questions,
      ...(hasUnanswered ? [unanswered] : []),
      accuracy === null ? 'none' : percent(accuracy),
      interval === null ? '' : formatInterval(interval),
    ]),
  ];
};
