import type { Picture, PictureAnswer } from '../source.ts';

/** A picture of the wall, with what was answered about it. */
export interface Tile extends Picture {
  readonly answer?: string | undefined;
  readonly probability?: number | undefined;
  readonly duplicates?: readonly string[] | undefined;
}

/** Pictures in the order of the wall. */
export interface TileList {
  readonly count: number;
  /** Whether each tile says something below its picture. */
  readonly hasCaptions: boolean;
  /** The picture at a place; undefined while it is not known. */
  readonly at: (index: number) => Tile | undefined;
  /** Fetches the pictures at these places. */
  readonly need?: ((from: number, to: number) => void) | undefined;
}

/** Answers as a list of tiles. */
export const tilesOf = (answers: readonly (Picture & Partial<PictureAnswer>)[]): TileList => ({
  count: answers.length,
  hasCaptions: true,
  at: (index) => answers[index],
});
