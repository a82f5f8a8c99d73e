import type { Device } from '../../engine/runtime/backend.ts';
import { UserError } from '../../errors.ts';
import type { OptionTable } from '../option-table.ts';

/** Precision of the products of a training. */
export const precisionOptions = {
  precision: {
    flag: '--precision <number>',
    kind: 'choice',
    choices: ['float32', 'bf16', 'fp16'],
    meaning:
      'numbers of the matrix products, for a GPU that has them: everything else is float32; fp16 with a scaled loss, and updates that overflow are skipped; a CPU only rounds as a GPU would, which is slower',
    default: 'float32',
    group: 'How it learns:',
    identity: 'changed',
  },
} as const satisfies OptionTable;

/** Precision of the matrix products of a training. */
export type TrainingPrecision = (typeof precisionOptions.precision.choices)[number];

/** Devices that compute products in 16 bits; the CPU rounds as they do. */
const haveThem: Readonly<Record<Exclude<TrainingPrecision, 'float32'>, readonly Device[]>> = {
  bf16: ['cpu', 'cuda'],
  fp16: ['cpu', 'cuda', 'webgpu', 'directml'],
};

/**
 * Refuses a precision that a device has no products of, and warns where the CPU only rounds.
 *
 * @throws UserError before anything is computed.
 */
export const checkTrainingPrecision = (
  precision: TrainingPrecision,
  device: Device,
  onWarning?: ((message: string) => void) | undefined,
): void => {
  if (precision === 'float32') return;
  if (device === 'cpu')
    onWarning?.(`${precision}: the CPU rounds as a GPU would, and computes in float32: it is slower than float32`);
  if (haveThem[precision].includes(device)) return;
  const others = Object.entries(haveThem).flatMap(([name, having]) => (having.includes(device) ? [name] : []));
  throw new UserError(
    `--precision ${precision}: ${device} has no products of it: take ${['float32', ...others].join(' or ')}, or one of the devices ${haveThem[precision].join(', ')}`,
  );
};
