import type { Option } from 'commander';
import { defaultDevice } from '../../engine.ts';
import { UserError } from '../../errors.ts';
import type { ModelPrecision } from '../../model.ts';
import { oneOf } from './options.ts';

/** Flag of verbs that run a model. */
export interface PrecisionFlag {
  readonly precision?: ModelPrecision | undefined;
}

/** `--precision`, or another flag of the same choice: what the products of a model are computed in. */
export const precisionOption = (flag = '--precision <number>', of = 'its products are'): Option =>
  oneOf(flag, `what ${of} computed in; int8: faster on processors, and less exact (default: float32)`, [
    'float32',
    'int8',
  ]);

/** @throws UserError where the device computes in no such precision. */
export const checkPrecision = (precision: ModelPrecision | undefined): void => {
  const device = defaultDevice();
  if (precision !== 'int8' || device === 'cpu') return;
  throw new UserError(`--precision int8: it is for processors, and the device is ${device}: leave one of them out`);
};
