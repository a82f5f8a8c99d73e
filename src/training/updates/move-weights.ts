import { UserError } from '../../errors.ts';
import type { ModelConfig } from '../../model/config.ts';
import { towerSizes } from '../../model/sizes.ts';
import { clipScale } from '../../optim/adamw.ts';
import { decayGroups } from '../../optim/decay-groups.ts';
import { layerDecay } from '../../optim/layer-decay.ts';
import { type LossScale, nextScale } from '../../optim/loss-scale.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { learningRateAt } from '../../optim/schedule.ts';
import type { Settings } from '../option-table.ts';
import type { TrainStep, trainingOptions } from '../options.ts';

/** One update of the weights of a model. */
interface Move extends Settings<typeof trainingOptions> {
  /** Number of the update, from 1, and of all updates. */
  readonly number: number;
  readonly updates: number;
  readonly learningRate: number;
  /** Names of the parameters that are trained. */
  readonly trained: ReadonlySet<string>;
  readonly config: ModelConfig;
  /** Factor of the gradient, in fp16. */
  readonly lossScale?: LossScale | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Result of an update. */
interface Moved extends Pick<TrainStep, 'learningRate' | 'gradientNorm'> {
  /** Loss scale of the next update. */
  readonly lossScale?: LossScale | undefined;
}

/** Learning rate where none is given: small models learn faster. */
export const usualLearningRate = ({ config }: { readonly config: Pick<ModelConfig, 'sizes'> }): number =>
  config.sizes.width < 384 ? 1e-3 : 1e-4;

/**
 * Moves the weights by one step of AdamW. In fp16 an update whose gradient is not finite is skipped, and told.
 *
 * @throws UserError where the gradient is not finite, and was not multiplied by anything.
 */
export const moveWeights = async (optimizer: Optimizer, move: Move): Promise<Moved> => {
  const {
    lossScale,
    number,
    updates,
    accumulation,
    clip,
    learningRate: peak,
    warmup,
    headMultiplier,
    config,
    trained,
  } = move;
  const head = `${config.task}_classifier.`;
  const depthOf = (name: string): number =>
    towerSizes(config.sizes, name.startsWith('text_encoder.') ? 'text' : 'image').depth;
  const divisor = accumulation * (lossScale?.factor ?? 1);
  const norm = (await optimizer.gradientNorm()) / divisor;
  const decay = layerDecay(move.layerDecay, depthOf);
  const learningRate = learningRateAt(number - 1, { peak, warmup: Math.floor(warmup * updates), total: updates });
  const next = lossScale && nextScale(lossScale, Number.isFinite(norm));
  if (lossScale && next && next.factor < lossScale.factor && next.factor >= 1) {
    await optimizer.forget();
    move.onWarning?.(toldOfSkipped(number, next));
    return { learningRate, gradientNorm: norm, lossScale: next };
  }
  refuseInfinite(norm, number);
  await optimizer.step({
    step: number - (lossScale?.skipped ?? 0),
    learningRate,
    gradientScale: (clip === undefined ? 1 : clipScale(norm, clip)) / divisor,
    multiplier: (name) => (trained.has(name) ? decay(name) * (name.startsWith(head) ? headMultiplier : 1) : 0),
    decays: decayGroups[move.decay],
    weightDecay: move.weightDecay,
    order: move.order,
  });
  return { learningRate, gradientNorm: norm, lossScale: next };
};

const toldOfSkipped = (update: number, { factor, skipped }: LossScale): string =>
  `update ${update}: its gradient is too large for fp16: it is skipped (the ${skipped}. so far), and the loss is multiplied by ${factor} from now on`;

/** Losses may still be finite where their gradient is not; the weights must not move by it. */
const refuseInfinite = (norm: number, update: number): void => {
  if (Number.isFinite(norm)) return;
  throw new UserError(
    `update ${update}: the norm of the gradient is ${norm}: training stops here, and the last checkpoint is kept: lower the learning rate`,
  );
};
