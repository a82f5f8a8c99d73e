/**
 * Works that are under way at the same time, unless told: the system reads and decodes on its own threads. A picture may
 * need 150 MB while it is decoded.
 */
const LANES = 4;

/**
 * The results of a work on every item, in the order of the items, a few at a time.
 *
 * @throws what the first failing work threw, once those under way have ended; no other is begun.
 */
export const mapConcurrent = async <T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  lanes = LANES,
): Promise<R[]> => {
  const results: R[] = Array.from({ length: items.length });
  const failures: unknown[] = [];
  const places = items.keys();
  const lane = async (): Promise<void> => {
    for (const place of places) {
      if (failures.length > 0) return;
      results[place] = await work(items[place]!);
    }
  };
  await Promise.all(Array.from({ length: lanes }, () => lane().catch((failure: unknown) => failures.push(failure))));
  if (failures.length > 0) throw failures[0];
  return results;
};
