/**
 * Factor of the loss whose gradient is computed in fp16, so that small gradients do not become 0 there: as large as the
 * gradient lets it be (Micikevicius et al. 2018, "Mixed precision training", with PyTorch's numbers).
 */
export interface LossScale {
  readonly factor: number;
  /** Updates since the factor was changed. */
  readonly good: number;
  /** Updates that were skipped, since their gradient was not finite. */
  readonly skipped: number;
}

/** Loss scale of a training that begins. */
export const startingScale: LossScale = { factor: 2 ** 16, good: 0, skipped: 0 };

/** Updates with finite gradients after which the factor is doubled. */
const GROWTH_INTERVAL = 2000;
const LARGEST = 2 ** 24;

/** Loss scale after an update: half of it where the gradient was not finite, twice of it after many that were. */
export const nextScale = ({ factor, good, skipped }: LossScale, isWithin: boolean): LossScale => {
  if (!isWithin) return { factor: factor / 2, good: 0, skipped: skipped + 1 };
  if (good + 1 < GROWTH_INTERVAL) return { factor, good: good + 1, skipped };
  return { factor: Math.min(LARGEST, 2 * factor), good: 0, skipped };
};
