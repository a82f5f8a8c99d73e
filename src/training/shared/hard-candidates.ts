import type { Batch } from '../../data/loader.ts';
import type { Numbers, Weights } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import type { Session } from '../../engine/runtime/session.ts';
import type { Contrast } from '../../model/heads.ts';
import { gatherNumbers, type Processes } from '../../processes/processes.ts';
import { hardest } from '../negatives/hardest.ts';
import type { ExtraFeeds } from '../stages/stage.ts';
import { partOutputs, partResults } from '../updates/comparison.ts';
import { partsOf } from '../updates/seeded-contrast.ts';
import { wholeTexts } from './part.ts';
import { gatherVectors, openScores } from './vectors.ts';

/** Options of `openSharedCandidates`. */
interface SharedCandidateOptions {
  /** Hard negatives of each image, and of each text. */
  readonly count: number;
  /** Scores of chosen pairs by the teacher. It is closed with the feeds. */
  readonly scorer: Session;
  readonly processes: Processes;
  readonly threads?: number | undefined;
}

/**
 * Hard negatives among the texts and images of all processes: those that one process would choose of the whole batch. The
 * teacher scores a pair where its image is, since texts are small.
 *
 * @param contrast vectors of the texts and images that are here, and their temperature.
 */
export const openSharedCandidates = async (
  parameters: Weights,
  contrast: Contrast,
  { count, scorer, processes, threads }: SharedCandidateOptions,
): Promise<ExtraFeeds> => {
  const embedding = await compile(partOutputs(partsOf(contrast)), { parameters, threads });
  const scores = await openScores(contrast, threads);
  return {
    feeds: async (batch) => {
      const own = partResults(await embedding.run(batch.feeds));
      const all = await gatherVectors(own, processes);
      const { whole } = batch;
      const range = { from: whole.from, count, pairs: whole.examples.length };
      const ofImages = await scores.run({ ...own, text: all.text });
      const texts = hardest(ofImages.similarity!, range);
      const images = hardest(transposed((await scores.run({ ...own, image: all.image })).similarity!), range);
      const scored = await scoresOf({ texts, images, batch, scorer, processes });
      return {
        feeds: {
          candidate_texts: placesIn(texts, range.pairs),
          candidate_images: placesIn(images, range.pairs),
          ...scored,
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      embedding.close();
      scores.close();
      scorer.close();
    },
  };
};

/** [rows, columns] → [columns, rows] */
const transposed = ({ shape, data }: Numbers): Numbers => {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) turned[column * rows + row] = data[row * columns + column]!;
  return { shape: [columns, rows], data: turned };
};

/** Places of the candidates of each row in the rows that are here, row after row: int32 [rows, 1 + k]. */
const placesIn = (candidates: readonly (readonly number[])[], pairs: number): Numbers => ({
  shape: [candidates.length, candidates[0]!.length],
  data: Int32Array.from(candidates.flatMap((some, row) => some.map((column) => row * pairs + column))),
});

interface Scoring {
  /** Numbers of the candidate texts of each image that is here, and of the candidate images of each text. */
  readonly texts: readonly (readonly number[])[];
  readonly images: readonly (readonly number[])[];
  readonly batch: Batch;
  readonly scorer: Session;
  readonly processes: Processes;
}

/** The teacher's scores of the candidates: each process scores the pairs whose image it has. */
const scoresOf = async ({ texts, images, batch, scorer, processes }: Scoring): Promise<Record<string, Numbers>> => {
  const { whole, examples, feeds } = batch;
  const pairs = whole.examples.length;
  const isHere = (image: number): boolean => image >= whole.from && image < whole.from + examples.length;
  const placeOf = (image: number, text: number): number => image * pairs + text;
  const ofTexts = images.flatMap((some, row) => some.map((image) => placeOf(image, whole.from + row)));
  const asked = (await gatherNumbers(processes, Int32Array.from(ofTexts))).flatMap((places) => [...places]);
  const ofImages = texts.flatMap((some, row) => some.map((text) => placeOf(whole.from + row, text)));
  const wanted = new Set([...ofImages, ...asked.filter((place) => isHere(Math.floor(place / pairs)))]);
  const different = [...wanted].sort((a, b) => a - b);
  const column = (of: (place: number) => number): Numbers => ({
    shape: [different.length],
    data: Int32Array.from(different, of),
  });
  const { scores } = await scorer.run<'scores'>({
    ...{ ...feeds, ...wholeTexts(batch) },
    pair_texts: column((place) => place % pairs),
    pair_images: column((place) => Math.floor(place / pairs) - whole.from),
  });
  const known = await gatherScores(different, scores.data, processes);
  const scored = (places: readonly number[], rows: number): Numbers => ({
    shape: [rows, places.length / rows],
    data: Float32Array.from(places, (place) => known.get(place)!),
  });
  return {
    teacher_text_scores: scored(ofImages, texts.length),
    teacher_image_scores: scored(ofTexts, images.length),
  };
};

/** Scores of all processes, by the place of the pair. */
const gatherScores = async (
  places: readonly number[],
  scores: Float32Array,
  processes: Processes,
): Promise<Map<number, number>> => {
  const theirs = await gatherNumbers(processes, Int32Array.from(places));
  const bits = await gatherNumbers(processes, new Int32Array(scores.slice().buffer));
  return new Map(
    theirs.flatMap((some, rank) => {
      const values = new Float32Array(bits[rank]!.buffer);
      return [...some].map((place, i): [number, number] => [place, values[i]!]);
    }),
  );
};
