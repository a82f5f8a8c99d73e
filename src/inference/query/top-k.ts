/** The first `top` values in an order, among blocks of values; about twice as many are held at a time. */
export const topK = async <T>(
  blocks: AsyncIterable<readonly T[]>,
  top: number,
  order: (a: T, b: T) => number,
): Promise<T[]> => {
  let first: T[] = [];
  for await (const some of blocks) {
    first.push(...some);
    if (first.length > 2 * top) first = first.sort(order).slice(0, top);
  }
  return first.sort(order).slice(0, top);
};
