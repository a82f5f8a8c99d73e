/** How much of a point an answer earns; 1 for the right one, less for one that few annotators gave. */
export interface ScoredAnswer {
  readonly answer: string;
  readonly score: number;
}

/** A picture inside another file: a row of a table, a member of an archive. */
export interface StoredImage {
  /** What errors call it, and what it is remembered by, so no two pictures have one: `vqav2_train.arrow:17`. */
  readonly name: string;
  /** The bytes of the picture as a file, read when they are asked for. */
  readonly read: () => Promise<Uint8Array>;
}

/** Where a picture is: the path of its file, or the bytes inside another one. */
export type ImageSource = string | StoredImage;

/** What a picture is called: its path, or the row or member that holds it. */
export const imageName = (image: ImageSource): string => (typeof image === 'string' ? image : image.name);

/** One thing to learn from or to be asked: a text about one image or more, and its answers where they are known. */
export interface Example {
  /** Where it came from, for errors: `train.jsonl:17`. */
  readonly id: string;
  /** Its images: paths, or bytes inside other files. */
  readonly images: readonly ImageSource[];
  readonly text: string;
  readonly answers: readonly ScoredAnswer[];
  /** What else its annotation line held, for reports by kind of question. */
  readonly about?: Readonly<Record<string, unknown>> | undefined;
}

/** What an answer earns when 0, 1, 2, 3 or more of the ten annotators gave it (VQA v2, as in the ViLT code). */
const AGREEMENT = [0, 0.3, 0.6, 0.9, 1] as const;

/** What each answer earns, given what every annotator said: 1, 2, 3 or more alike earn .3, .6, .9 and 1. */
export const scoredAnswers = (annotations: readonly string[]): ScoredAnswer[] => {
  const counts = new Map<string, number>();
  for (const answer of annotations) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => ({ answer, score: AGREEMENT[Math.min(count, 4)]! }));
};

/** The one right answer. */
export const scoredLabel = (answer: string): ScoredAnswer[] => [{ answer, score: 1 }];
