/** Default number of concurrent jobs: files are read and decoded on threads of their own, at up to 150 MB an image. */
export const CONCURRENCY = 4;

/**
 * Maps every item by an asynchronous function, a few at a time. The results are in the order of the items.
 *
 * @throws the first error of the function, once the calls in progress have ended; no further call is made.
 */
export const mapConcurrent = async <T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  concurrency = CONCURRENCY,
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
  await Promise.all(
    Array.from({ length: concurrency }, () => lane().catch((failure: unknown) => failures.push(failure))),
  );
  if (failures.length > 0) throw failures[0];
  return results;
};
