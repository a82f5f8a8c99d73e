import type { Model } from '../../checkpoints/model-file.ts';
import type { Numbers, Weights } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { input } from '../../engine/tensor.ts';
import type { ModelConfig } from '../../model/config.ts';
import { inputsFor } from '../../model/inputs.ts';
import { createParams } from '../../model/params.ts';
import { chosenPairs, scorePairs } from '../../model/purposes/ranking.ts';
import { retrieve } from '../../model/purposes/retrieval.ts';
import type { Candidates } from '../../objectives/candidates.ts';
import { alone, type Processes } from '../../processes/processes.ts';
import { openSharedCandidates } from '../shared/hard-candidates.ts';
import type { ExtraFeeds } from '../stages/stage.ts';
import { hardest } from './hardest.ts';

/** Options of `openHardCandidates`. */
interface HardCandidateOptions {
  /** Config of the student. */
  readonly config: ModelConfig;
  /** Fusion encoder that scores pairs (`scoresPairs`). */
  readonly teacher: Model;
  /** Hard negatives of each image, and of each text. */
  readonly count: number;
  readonly threads?: number | undefined;
  /** Processes that share the batches. Default: none do. */
  readonly processes?: Processes | undefined;
}

/** Inputs that `openHardCandidates` feeds, for k hard negatives: places in the batch, and the teacher's scores. */
export const candidateFeeds = (k: number): { readonly places: Candidates; readonly teacher: Candidates } => ({
  places: {
    texts: input('candidate_texts', ['batch', 1 + k], 'int32'),
    images: input('candidate_images', ['batch', 1 + k], 'int32'),
  },
  teacher: {
    texts: input('teacher_text_scores', ['batch', 1 + k]),
    images: input('teacher_image_scores', ['batch', 1 + k]),
  },
});

/**
 * Chooses the hard negatives of each batch, those that the student finds most similar now, and lets the teacher score
 * them and the matched pairs. The student encodes each batch once more before its update, without dropout and without a
 * gradient; the teacher takes a pass for each different pair.
 */
export const openHardCandidates = async (
  parameters: Weights,
  { config, teacher, count, threads, processes = alone }: HardCandidateOptions,
): Promise<ExtraFeeds> => {
  const { similarity, contrast } = retrieve(config, createParams(), inputsFor(config.sizes));
  const scores = scorePairs(teacher.config, createParams(), chosenPairs(teacher.config.sizes));
  const scorer = await compile({ scores }, { weights: teacher.weights, threads, weightPrecision: teacher.precision });
  if (processes.size > 1) return openSharedCandidates(parameters, contrast, { count, scorer, processes, threads });
  const student = await compile({ similarity }, { parameters, threads });
  return {
    feeds: async ({ feeds }) => {
      const { similarity } = await student.run<'similarity'>(feeds);
      const places = hardCandidates(similarity, count);
      const different = [...new Set([...places.texts.data, ...places.images.data])].sort((a, b) => a - b);
      const batch = similarity.shape[1]!;
      const { scores } = await scorer.run<'scores'>({ ...feeds, ...pairsAt(different, batch) });
      const scoreAt = new Map(different.map((place, i) => [place, scores.data[i]!]));
      const scored = ({ shape, data }: Numbers): Numbers => ({
        shape,
        data: Float32Array.from(data, (place) => scoreAt.get(place)!),
      });
      return {
        feeds: {
          ...{ candidate_texts: places.texts, teacher_text_scores: scored(places.texts) },
          ...{ candidate_images: places.images, teacher_image_scores: scored(places.images) },
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      student.close();
      scorer.close();
    },
  };
};

/** Places of candidates in a matrix [images, texts], row after row: int32 [batch, 1 + k]. */
interface Places {
  readonly texts: Numbers<Int32Array>;
  readonly images: Numbers<Int32Array>;
}

/**
 * The matched pair of each image and of each text, and behind it the `count` others that are most similar, the most
 * similar first, of equal ones the first in the batch.
 *
 * @param similarity [images, texts], matched pairs on the diagonal.
 * @throws UserError where the batch has fewer others.
 */
export const hardCandidates = ({ shape, data }: Numbers, count: number): Places => {
  const batch = shape[1]!;
  const turned = Float32Array.from(data, (_, place) => data[(place % batch) * batch + Math.floor(place / batch)]!);
  const range = { from: 0, pairs: batch, count };
  const rows = (similarity: Float32Array | Numbers['data'], placeOf: (own: number, other: number) => number) => ({
    shape: [batch, 1 + count],
    data: Int32Array.from(
      hardest({ shape, data: similarity }, range).flatMap((some, own) => some.map((other) => placeOf(own, other))),
    ),
  });
  return {
    texts: rows(data, (image, text) => image * batch + text),
    images: rows(turned, (text, image) => image * batch + text),
  };
};

/** Texts and images of the pairs at some places of a matrix [images, texts]. */
const pairsAt = (places: readonly number[], batch: number): Record<string, Numbers> => {
  const indices = (of: (place: number) => number): Numbers => ({
    shape: [places.length],
    data: Int32Array.from(places, of),
  });
  return { pair_texts: indices((place) => place % batch), pair_images: indices((place) => Math.floor(place / batch)) };
};
