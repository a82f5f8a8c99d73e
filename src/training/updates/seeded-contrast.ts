import { add, multiply, sum } from '../../engine/ops.ts';
import { input, type Tensor } from '../../engine/tensor.ts';
import type { Contrast } from '../../model/heads.ts';
import type { ContrastiveLoss } from '../stages/stage.ts';

/** Parts of a contrast by name: vectors of a batch, [pairs, space], and learnt scalars. */
export type Parts<T> = Readonly<Record<string, T>>;

/** Parts of a contrast that are there. */
export const partsOf = (contrast: Contrast): Parts<Tensor> =>
  Object.fromEntries(Object.entries(contrast).filter(([, part]) => part !== undefined)) as Parts<Tensor>;

/** A loss that is computed over all pairs of several batches, or of several processes. */
export interface JointLoss {
  readonly name: string;
  readonly contrast: ContrastiveLoss;
  /** Examples that the contrastive loss compares together: those of all batches of an update, or of each batch. */
  readonly over: 'update' | 'micro-batch';
}

/** Name of the input that is fed with the gradient of a loss by a part, as step 2 found it. */
export const seedOf = (loss: string, part: string): string => `contrast_${loss}_${part}`;

/** Σ u · dL/du + Σ v · dL/dv + s · dL/ds: no loss, but with its gradient, once the seeds are fed.  → scalar */
export const seededContrast = ({ name: loss, contrast }: JointLoss): Tensor =>
  Object.entries(partsOf(contrast.vectors))
    .map(([name, part]) => sum(multiply(part, input(seedOf(loss, name), part.shape))))
    .reduce((a, b) => add(a, b));
