import type { ByteRange } from '../files/read-exactly.ts';
import type { Pixels } from '../kernels/pixels.ts';
import type { PictureStyle } from './pictures/options.ts';

/** An answer and its score: 1 for the right one, less for one that few annotators gave. */
export interface ScoredAnswer {
  readonly answer: string;
  readonly score: number;
}

/** An image inside another file: in a row of a table, or a member of an archive. */
export interface StoredImage {
  /** Its unique name, for errors and caches: `data/vqav2_train.arrow:17`. */
  readonly name: string;
  /** Reads the bytes of the image file. */
  readonly read: () => Promise<Uint8Array>;
  /** Place of its bytes in a file; absent where the file compresses them. */
  readonly place?: (ByteRange & { readonly path: string }) | undefined;
}

/**
 * An image: the path of its file, its bytes inside another file, the bytes of a file in memory (JPEG, PNG, …), or decoded
 * pixels.
 */
export type ImageSource = string | StoredImage | Uint8Array | ArrayBuffer | Pixels;

/** Whether an image is decoded pixels. */
export const isPixels = (image: ImageSource): image is Pixels =>
  typeof image === 'object' && image !== null && 'data' in image && 'width' in image;

/** The bytes of an image file in memory; undefined for any other image. */
export const bytesInMemory = (image: ImageSource): Uint8Array | undefined => {
  if (image instanceof Uint8Array) return image;
  return image instanceof ArrayBuffer ? new Uint8Array(image) : undefined;
};

/** A text about one or two images, and its answers where they are known. */
export interface Example {
  /** Its place in the data, for errors: `train.jsonl:17`. */
  readonly id: string;
  readonly images: readonly ImageSource[];
  readonly text: string;
  readonly answers: readonly ScoredAnswer[];
  /** The other fields of its annotation, for reports by kind of question. */
  readonly about?: Readonly<Record<string, unknown>> | undefined;
  /** Style of decoding its images where no option says: `as-vilt` in published data sets, otherwise absent. */
  readonly pictures?: PictureStyle | undefined;
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
