/** Random number generator: each call returns a number in [0, 1). The same seed gives the same numbers everywhere. */
export type Random = () => number;

/**
 * Tommy Ettinger's mulberry32, with 32 bits of state. Scenes and public data sets are drawn with it, one number after
 * the other; training uses the counter-based generator of the engine. Its numbers must not change: the shipped teacher
 * was trained on scenes drawn with it.
 */
export const mulberry32 = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Derives the seed of an item from that of the data set, so that item 7 is the same however many items there are. */
export const seedFor = (seed: number, ...place: readonly number[]): number =>
  place.reduce((mixed, step) => {
    const turned = Math.imul((mixed ^ step) + 0x9e3779b9, 0x85ebca6b);
    return Math.imul(turned ^ (turned >>> 13), 0xc2b2ae35) >>> 0;
  }, seed >>> 0);

/** A random integer from 0 to `count` - 1. */
export const below = (random: Random, count: number): number => Math.floor(random() * count);

/** A random item. @throws Error for an empty list. */
export const pick = <T>(random: Random, items: readonly T[]): T => {
  if (items.length === 0) throw new Error('pick: the list is empty: check its length first');
  return items[below(random, items.length)] as T;
};

/** A random item, with probabilities proportional to the weights. */
export const pickWeighted = <T>(random: Random, items: readonly T[], weight: (item: T) => number): T => {
  let left = random() * items.reduce((sum, item) => sum + weight(item), 0);
  for (const item of items) {
    left -= weight(item);
    if (left < 0) return item;
  }
  return pick(random, items);
};

/** A copy of the items in random order (Fisher and Yates). */
export const shuffled = <T>(random: Random, items: readonly T[]): T[] => {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = below(random, last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
};
