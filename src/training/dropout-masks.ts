import type { Numbers } from '../engine/numbers.ts';
import { bernoulliMask, type Key, keyOf } from '../engine/random.ts';
import { type Session, shapesFor } from '../engine/runtime/session.ts';

/**
 * Random masks for every dropout of a graph, each from a stream of its own: the same key and name give the same mask,
 * in any graph.
 */
export const dropoutMasks = (
  session: Session,
  feeds: Readonly<Record<string, Numbers>>,
  key: Key,
): Record<string, Numbers> => {
  const masks: Record<string, Numbers> = {};
  for (const { name, keep, shape } of shapesFor(session, feeds)) {
    if (keep === undefined) continue;
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    masks[name] = { shape, data: bernoulliMask(keyOf(key[0], key[1], name), data, keep) };
  }
  return masks;
};
