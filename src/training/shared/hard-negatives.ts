import type { Batch } from '../../data/loader.ts';
import { imageName } from '../../data/pictures/image-name.ts';
import type { Numbers, Weights } from '../../engine/numbers.ts';
import { generator, keyOf } from '../../engine/random.ts';
import { compile } from '../../engine/runtime/compile.ts';
import type { Contrast } from '../../model/heads.ts';
import { gatherNumbers, type Processes } from '../../processes/processes.ts';
import { hardPairs } from '../negatives/matching-pairs.ts';
import type { ExtraFeeds } from '../stages/stage.ts';
import { partOutputs, partResults } from '../updates/comparison.ts';
import { partsOf } from '../updates/seeded-contrast.ts';
import { partOfPairs } from './part.ts';
import { gatherVectors, openScores } from './vectors.ts';

/** Options of `openSharedNegatives`. */
interface SharedNegativeOptions {
  readonly seed: number;
  readonly processes: Processes;
  readonly threads?: number | undefined;
}

/**
 * Hard negatives among the images of all processes: those that one process would choose of the whole batch. An image of
 * another process is sent for, and stands behind the images that are here.
 *
 * @param contrast vectors of the texts and images that are here, and their temperature.
 */
export const openSharedNegatives = async (
  parameters: Weights,
  contrast: Contrast,
  { seed, processes, threads }: SharedNegativeOptions,
): Promise<ExtraFeeds> => {
  const embedding = await compile(partOutputs(partsOf(contrast)), { parameters, threads });
  const scores = await openScores(contrast, threads);
  return {
    feeds: async (batch, number) => {
      const embedded = partResults(await embedding.run(batch.feeds));
      const { image, text, starts } = await gatherVectors(embedded, processes);
      const names = batch.whole.examples.map(({ images }) => imageName(images[0]!));
      const found = await scores.run({ ...embedded, image, text });
      const chosen = hardPairs(found.similarity!, names, generator(keyOf(seed, 'pairs', number)));
      // the first process decides: another kind of processor may round otherwise
      const [decided] = await gatherNumbers(processes, Int32Array.from(chosen));
      const part = partOfPairs([...decided!], batch, names.length);
      return {
        rows: part.rows,
        feeds: { ...part.feeds, ...(await withImages(batch, part.others, { starts, processes })) },
      };
    },
    [Symbol.asyncDispose]: async () => {
      embedding.close();
      scores.close();
    },
  };
};

/** Inputs that have a row for each image. */
const imageInputs = ['patches', 'patch_mask', 'patch_positions'] as const;

/** Images of a batch, and behind them those of other processes that are asked for by their numbers in the whole batch. */
const withImages = async (
  { feeds, whole: { from } }: Batch,
  others: readonly number[],
  { starts, processes }: { readonly starts: readonly number[]; readonly processes: Processes },
): Promise<Record<string, Numbers>> => {
  const ownerOf = (image: number): number => starts.findLastIndex((start) => start <= image);
  const wanted = starts.map((_, rank) => others.filter((image) => ownerOf(image) === rank));
  const asked = await processes.exchange(wanted.map((images) => bytesOf(Int32Array.from(images))));
  const rows = asked.map((bytes) => [...new Int32Array(bytes.slice().buffer)].map((image) => image - from));
  const made: Record<string, Numbers> = {};
  for (const name of imageInputs) {
    const { shape, data } = feeds[name]!;
    const space = data.length / shape[0]!;
    const answers = rows.map((some) => {
      const sent = new Float32Array(some.length * space);
      for (const [i, row] of some.entries()) sent.set(data.subarray(row * space, (row + 1) * space), i * space);
      return bytesOf(sent);
    });
    const received = await processes.exchange(answers);
    const all = new Float32Array(data.length + others.length * space);
    all.set(data);
    for (const [rank, bytes] of received.entries()) {
      const theirs = new Float32Array(bytes.slice().buffer);
      for (const [i, image] of wanted[rank]!.entries())
        all.set(theirs.subarray(i * space, (i + 1) * space), data.length + others.indexOf(image) * space);
    }
    made[name] = { shape: [shape[0]! + others.length, ...shape.slice(1)], data: all };
  }
  return made;
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
