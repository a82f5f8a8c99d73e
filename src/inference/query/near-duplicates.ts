import type { ImageCache } from '../image-cache.ts';
import { unitVectorsOf } from './vectors.ts';

/** Images whose vectors are read together. */
const AT_ONCE = 1024;

/** Limits of a grouping. */
interface Grouping {
  /** Largest cosine distance of near-duplicates; at 0 only rows of the same bytes are compared. */
  readonly distance: number;
  /** Most groups. */
  readonly top: number;
}

/**
 * Groups images in their order: each joins the first group whose first image is near enough, or begins one as long as
 * there are fewer than `top`. Images that would begin one more are dropped.
 */
export const groupNear = async <T extends { readonly place: number }>(
  images: ImageCache,
  sorted: readonly T[],
  { distance, top }: Grouping,
): Promise<(readonly [T, readonly T[]])[]> => {
  const groups: { readonly first: T; readonly near: T[] }[] = [];
  const byRow = new Map<number, number>();
  const leaders = new VectorList(images.about.width);
  for (let start = 0; start < sorted.length; start += AT_ONCE) {
    const some = sorted.slice(start, start + AT_ONCE);
    const places = Uint32Array.from(some, ({ place }) => place);
    const vectors = distance > 0 ? await unitVectorsOf(images, places) : undefined;
    for (const [i, one] of some.entries()) {
      const row = images.columns.rows[one.place]!;
      const vector = vectors?.subarray(i * leaders.width, (i + 1) * leaders.width);
      const group = byRow.get(row) ?? (vector && leaders.firstWithin(vector, distance));
      if (group !== undefined) groups[group]!.near.push(one);
      else if (groups.length < top) {
        byRow.set(row, groups.length);
        groups.push({ first: one, near: [] });
        if (vector) leaders.push(vector);
      }
    }
  }
  return groups.map(({ first, near }) => [first, near] as const);
};

/** Vectors of length 1 in one growing array. */
class VectorList {
  readonly width: number;
  #data = new Float32Array(0);
  #count = 0;

  constructor(width: number) {
    this.width = width;
  }

  push(vector: Float32Array): void {
    const end = (this.#count + 1) * this.width;
    if (end > this.#data.length) {
      const larger = new Float32Array(Math.max(2 * this.#data.length, 64 * this.width));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data.set(vector, this.#count * this.width);
    this.#count += 1;
  }

  /** Index of the first vector within a cosine distance. */
  firstWithin(vector: Float32Array, distance: number): number | undefined {
    const least = 1 - distance;
    for (let i = 0; i < this.#count; i += 1) {
      let cosine = 0;
      for (let k = 0, at = i * this.width; k < this.width; k += 1) cosine += vector[k]! * this.#data[at + k]!;
      if (cosine >= least) return i;
    }
    return undefined;
  }
}
