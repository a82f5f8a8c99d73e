/** An answer and its score: 1 for the right one, less for one that few annotators gave. */
export interface ScoredAnswer {
  readonly answer: string;
  readonly score: number;
}

/** An image inside another file: in a row of a table, or a member of an archive. */
export interface StoredImage {
  /** Its unique name, for errors and caches: `vqav2_train.arrow:17`. */
  readonly name: string;
  /** Reads the bytes of the image file. */
  readonly read: () => Promise<Uint8Array>;
}

/** An image: the path of its file, or its bytes inside another file. */
export type ImageSource = string | StoredImage;

/** The name of an image: its path, or the row or member that holds it. */
export const imageName = (image: ImageSource): string => (typeof image === 'string' ? image : image.name);

/** A text about one or two images, and its answers where they are known. */
export interface Example {
  /** Its place in the data, for errors: `train.jsonl:17`. */
  readonly id: string;
  readonly images: readonly ImageSource[];
  readonly text: string;
  readonly answers: readonly ScoredAnswer[];
  /** The other fields of its annotation, for reports by kind of question. */
  readonly about?: Readonly<Record<string, unknown>> | undefined;
}

/** Score of an answer that 0, 1, 2, 3, or more of the ten annotators gave (VQA v2, as in the ViLT code). */
const AGREEMENT = [0, 0.3, 0.6, 0.9, 1] as const;

/** Scores of the answers of several annotators: one that 1, 2, 3, or more of them gave has .3, .6, .9, or 1. */
export const scoredAnswers = (annotations: readonly string[]): ScoredAnswer[] => {
  const counts = new Map<string, number>();
  for (const answer of annotations) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => ({ answer, score: AGREEMENT[Math.min(count, 4)]! }));
};

/** A single right answer, with score 1. */
export const scoredLabel = (answer: string): ScoredAnswer[] => [{ answer, score: 1 }];
