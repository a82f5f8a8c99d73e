/** Gathers values, so many at a time; the last window may have fewer. */
export async function* inWindows<T>(
  values: AsyncIterable<T> | Iterable<T>,
  most: number,
): AsyncGenerator<T[], void, undefined> {
  let window: T[] = [];
  for await (const value of values) {
    if (window.push(value) < most) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}
