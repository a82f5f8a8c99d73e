import type { Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';

/**
 * Checks that all weights are numbers.
 *
 * @param nameOf name of a tensor in the file, by ours.
 * @throws UserError that names the first tensor with NaN or an infinity, and counts them all.
 */
export const checkFinite = (
  weights: Weights,
  path: string,
  nameOf: (name: string) => string = (name) => name,
): void => {
  const counts = [...weights].map(([name, { data }]) => ({ name, data, count: notFinite(data) }));
  const damaged = counts.filter(({ count }) => count > 0);
  const [first] = damaged;
  if (!first) return;
  const at = first.data.findIndex((value) => !Number.isFinite(value));
  const others = damaged.length === 1 ? '' : `, and ${damaged.length - 1} more of its tensors have some`;
  throw new UserError(
    `${path}: ${first.count} of the ${first.data.length} numbers of ${nameOf(first.name)} are NaN or infinite, the first (${first.data[at]}) at ${at}${others}: with them every answer is NaN. Give a checkpoint from before its training broke down.`,
  );
};

const notFinite = (data: Float32Array): number => {
  let count = 0;
  for (let i = 0; i < data.length; i += 1) if (!Number.isFinite(data[i]!)) count += 1;
  return count;
};
