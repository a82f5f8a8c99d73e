import { encodeText } from '../../inference/encode-text.ts';
import type { ImageCache } from '../../inference/image-cache.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { type AskRequest, askTogether } from '../../inference/query/ask-planned.ts';
import { parseCondition } from '../../inference/query/conditions.ts';
import type { QuestionResult, QuestionsOptions } from '../../inference/query/questions.ts';

/** Questions of cached images by many askers, whose scans are shared. */
export interface SharedScan {
  /**
   * Asks a question as `askAll` does. Questions that come while a scan is under way are asked together in the next one.
   *
   * @throws UserError as `askAll`.
   */
  ask(images: ImageCache, question: string, options: QuestionsOptions): Promise<QuestionResult>;
}

interface Waiting extends AskRequest {
  readonly images: ImageCache;
  readonly resolve: (result: QuestionResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Options of `sharedScan`. */
export interface SharedScanOptions {
  /** Most questions of one scan. */
  readonly most: number;
  /** Receives the number of questions of every scan. */
  readonly onScan?: ((questions: number) => void) | undefined;
}

/** Shares the scans of a student: one at a time, since each has all threads. */
export const sharedScan = (student: Predictor, { most, onScan }: SharedScanOptions): SharedScan => {
  const waiting: Waiting[] = [];
  let isScanning = false;
  const work = async (): Promise<void> => {
    isScanning = true;
    while (waiting.length > 0) {
      const batch = taken(waiting, most);
      onScan?.(batch.length);
      const results = askTogether(student, batch[0]!.images, batch);
      for (const [i, { resolve, reject }] of batch.entries()) results[i]!.then(([result]) => resolve(result!), reject);
      await Promise.allSettled(results);
    }
    isScanning = false;
  };
  return {
    ask: async (images, question, options) => {
      const { and = [], not = [] } = options;
      // texts of all who ask at once are encoded in one run, and are there when the scan asks for them
      const texts = [question, ...[...and, ...not].map((one) => parseCondition(one).question)];
      await Promise.all(texts.map((text) => student.textFeatures(encodeText(student, text))));
      return await new Promise((resolve, reject) => {
        waiting.push({ images, questions: [{ question }], options, resolve, reject });
        if (!isScanning) void work();
      });
    },
  };
};

/** Takes the first questions of the cache that has waited longest. */
const taken = (waiting: Waiting[], most: number): Waiting[] => {
  const [{ images }] = waiting as [Waiting];
  const batch = waiting.filter((one) => one.images === images).slice(0, most);
  for (const one of batch) waiting.splice(waiting.indexOf(one), 1);
  return batch;
};
