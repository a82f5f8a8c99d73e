/** A collection that holds the first values of an order, about twice as many as are wanted. */
export interface Selection<T> {
  add(value: T): void;
  /** Counts a value that is known to come after `last`, which need not be made for that. */
  passOver(): void;
  /** A value after which none is held any more; undefined as long as any may be. */
  readonly last: T | undefined;
  /** Number of values that were added or passed over. */
  readonly count: number;
  /** The first of them, sorted. */
  sorted(): T[];
}

/** Opens a selection of at most `most` values. */
export const openSelection = <T>(most: number, compare: (a: T, b: T) => number): Selection<T> => {
  let first: T[] = [];
  let last: T | undefined;
  let count = 0;
  return {
    add: (value) => {
      count += 1;
      if (last !== undefined && compare(value, last) > 0) return;
      first.push(value);
      if (first.length < 2 * most) return;
      first = first.sort(compare).slice(0, most);
      last = first.at(-1);
    },
    passOver: () => {
      count += 1;
    },
    get last() {
      return last;
    },
    get count() {
      return count;
    },
    sorted: () => first.sort(compare).slice(0, most),
  };
};
