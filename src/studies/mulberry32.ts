/** A stream of numbers in [0, 1). Two streams of one seed say the same on every machine. */
export type Random = () => number;

/** Tommy Ettinger's mulberry32: 32 bits of state, good enough for pictures and fast enough to be free. */
export const mulberry32 = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A seed of its own for every place in a data set, so that item 7 is the same however many items follow it. */
export const seedFor = (seed: number, ...place: readonly number[]): number =>
  place.reduce((mixed, step) => {
    const turned = Math.imul((mixed ^ step) + 0x9e3779b9, 0x85ebca6b);
    return Math.imul(turned ^ (turned >>> 13), 0xc2b2ae35) >>> 0;
  }, seed >>> 0);

/** A whole number from 0 to `count` - 1. */
export const below = (random: Random, count: number): number => Math.floor(random() * count);

/** One item of a list, each as likely as any other. Throws on an empty list. */
export const pick = <T>(random: Random, items: readonly T[]): T => {
  if (items.length === 0) throw new Error('pick: the list is empty: check its length first');
  return items[below(random, items.length)] as T;
};

/** One item, as likely as its weight says. */
export const pickWeighted = <T>(random: Random, items: readonly T[], weight: (item: T) => number): T => {
  let left = random() * items.reduce((sum, item) => sum + weight(item), 0);
  for (const item of items) {
    left -= weight(item);
    if (left < 0) return item;
  }
  return pick(random, items);
};

/** The items in a random order (Fisher and Yates); the list given is left alone. */
export const shuffled = <T>(random: Random, items: readonly T[]): T[] => {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = below(random, last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
};
