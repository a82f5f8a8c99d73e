/** Result of one update. */
export interface TrainStep {
  /** Number of the update, from 1. */
  readonly number: number;
  /** Number of updates of the whole training. */
  readonly of: number;
  /** Each objective's loss before the update, and their weighted `total`. */
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** L2 norm of the gradient before it is clipped; not finite of an update that is skipped. */
  readonly gradientNorm: number;
  /** In fp16: what the loss is multiplied by after this update, and the updates that were skipped until now. */
  readonly lossScale?: { readonly factor: number; readonly skipped: number } | undefined;
  /** Accuracy on the validation examples, after the updates that are validated. */
  readonly validation?: number | undefined;
  /** Duration of the whole update, waiting included. */
  readonly milliseconds: number;
  /** Time for which the update waited for its data. */
  readonly waitMilliseconds: number;
}
