/** Learning rate over the updates of a training: a linear warm-up, then a polynomial decay. */
export interface Schedule {
  /** Learning rate at the end of the warm-up. */
  readonly peak: number;
  /** Updates of the warm-up. */
  readonly warmup: number;
  /** Updates of the whole training. */
  readonly total: number;
  /** Learning rate at the end; 0 by default. */
  readonly end?: number | undefined;
  /** Power of the decay from peak to end; 1, linear, by default. */
  readonly power?: number | undefined;
}

/**
 * Learning rate of an update, counted from 0: linear warm-up, then polynomial decay.
 *
 *   peak · update / warmup                                              update < warmup
 *   (peak - end) · (1 - (update - warmup) / (total - warmup))^power + end
 *
 * The first update of a warm-up moves nothing, as in transformers' polynomial schedule, which this equals.
 */
export const learningRateAt = (update: number, schedule: Schedule): number => {
  const { peak, warmup, total, end = 0, power = 1 } = schedule;
  if (update < warmup) return (peak * update) / warmup;
  if (update >= total) return end;
  return (peak - end) * (1 - (update - warmup) / (total - warmup)) ** power + end;
};
