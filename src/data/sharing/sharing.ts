import type { ExampleSketch } from '../batch.ts';

/** Sharing of batches among several processes that load the same ones: each reads its own examples of every batch. */
export interface Sharing {
  /** Place of this one among those who share. */
  readonly rank: number;
  /** First place of a batch of so many examples that is read here, and the one behind the last. */
  readonly range: (examples: number) => readonly [from: number, to: number];
  /** Hands numbers round. → the numbers of each, by rank */
  readonly gather: (own: Int32Array) => Promise<readonly Int32Array[]>;
}

/** All is read here. */
export const unshared: Sharing = { rank: 0, range: (examples) => [0, examples], gather: async (own) => [own] };

/** A sketch of each example; undefined for one that is left out. */
type Sketches = readonly (ExampleSketch | undefined)[];

/** The sketches that are there. */
export const present = (sketches: Sketches): ExampleSketch[] => sketches.filter((one) => one !== undefined);

/** Sketches as numbers: of each example how many words, and they; how many images, and rows and columns of each. */
export const sketched = (sketches: Sketches): Int32Array =>
  Int32Array.from(
    sketches.flatMap((one) => {
      if (!one) return [LEFT_OUT];
      const grids = one.images.flatMap(({ rows, columns }) => [rows, columns]);
      return [one.words.length, ...one.words, one.images.length, ...grids];
    }),
  );

const LEFT_OUT = -1;

/** Sketches of the examples before and after those of a rank, from the numbers of each. */
export const around = (
  numbers: readonly Int32Array[],
  rank: number,
): { readonly before: Sketches; readonly after: Sketches } => ({
  before: numbers.slice(0, rank).flatMap(sketchesIn),
  after: numbers.slice(rank + 1).flatMap(sketchesIn),
});

const sketchesIn = (numbers: Int32Array): Sketches => {
  const found: (ExampleSketch | undefined)[] = [];
  let at = 0;
  const next = (count: number): Int32Array => {
    at += count;
    return numbers.slice(at - count, at);
  };
  while (at < numbers.length) {
    const [length] = next(1) as unknown as [number];
    if (length === LEFT_OUT) {
      found.push(undefined);
      continue;
    }
    const words = next(length);
    const [count] = next(1) as unknown as [number];
    const grids = next(2 * count);
    const images = Array.from({ length: count }, (_, i) => ({ rows: grids[2 * i]!, columns: grids[2 * i + 1]! }));
    found.push({ words, images });
  }
  return found;
};
