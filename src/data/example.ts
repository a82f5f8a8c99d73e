/** How much of a point an answer earns; 1 for the right one, less for one that few annotators gave. */
export interface ScoredAnswer {
  readonly answer: string;
  readonly score: number;
}

/** One thing to learn from or to be asked: a text about one image or more, and its answers where they are known. */
export interface Example {
  /** Where it came from, for errors: `train.jsonl:17`. */
  readonly id: string;
  /** Paths of its images. */
  readonly images: readonly string[];
  readonly text: string;
  readonly answers: readonly ScoredAnswer[];
  /** What else its annotation line held, for reports by kind of question. */
  readonly about?: Readonly<Record<string, unknown>>;
}

/** What an answer earns when 0, 1, 2, 3 or more of the ten annotators gave it (VQA v2, as in the ViLT code). */
const AGREEMENT = [0, 0.3, 0.6, 0.9, 1] as const;

/** What each answer earns, given what every annotator said: 1, 2, 3 or more alike earn .3, .6, .9 and 1. */
export const scoredAnswers = (annotations: readonly string[]): ScoredAnswer[] => {
  const counts = new Map<string, number>();
  for (const answer of annotations) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => ({ answer, score: AGREEMENT[Math.min(count, 4)]! }));
};
