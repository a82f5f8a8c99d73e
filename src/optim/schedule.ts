/** The course of the learning rate over the updates of a training. */
export interface Schedule {
  /** The learning rate at the end of the warm-up. */
  readonly peak: number;
  /** Updates until the peak is reached. */
  readonly warmup: number;
  /** Updates of the whole training. */
  readonly total: number;
  /** The learning rate at the end; 0 by default. */
  readonly end?: number | undefined;
  /** The power of the fall from peak to end; 1, a straight line, by default. */
  readonly power?: number | undefined;
}

/**
 * The learning rate of an update, counted from 0: up in a straight line, then down by a power.
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
