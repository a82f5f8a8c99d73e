/**
 * Weights of linear interpolation with aligned corners (`align_corners` in PyTorch): position `i` of `count` on an axis
 * that is resized from `source` positions lies between one or two of those.
 *
 * @returns each position of the source with its weight; the weights sum to 1.
 */
export const interpolationWeights = (
  i: number,
  count: number,
  source: number,
): readonly (readonly [position: number, weight: number])[] => {
  const at = count === 1 ? 0 : (i * (source - 1)) / (count - 1);
  const before = Math.floor(at);
  const weight = at - before;
  if (weight === 0) return [[before, 1]];
  return [
    [before, 1 - weight],
    [before + 1, weight],
  ];
};
