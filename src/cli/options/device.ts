import { type Command, Option } from 'commander';
import { compile, type Device, defaultDevice, devices, input } from '../../engine.ts';
import { UserError } from '../../errors.ts';
import type { ModelPrecision } from '../../model.ts';
import { oneOf } from './options.ts';

interface DeviceOptions {
  readonly device?: Device | undefined;
  readonly runtime?: string | undefined;
  readonly unsupported?: 'refuse' | 'on-cpu' | undefined;
}

/**
 * Gives a verb that computes its choice of a device: `--device`, `--runtime`, `--unsupported`. They hold for the whole
 * process and those that it starts, by the environment variables that say the same.
 */
export const addDevice = (command: Command): Command =>
  command
    .addOption(
      new Option('--device <where>', 'where it computes (default: cpu, or the variable DIDE_DEVICE)')
        .choices(devices)
        .helpGroup('Device:'),
    )
    .addOption(
      new Option(
        '--runtime <file>',
        "library of ONNX Runtime (default: onnxruntime-node's, or the variable DIDE_ORT)",
      ).helpGroup('Device:'),
    )
    .addOption(
      new Option(
        '--unsupported <what>',
        'what becomes of operators that the device has no kernel for (default: refuse)',
      )
        .choices(['refuse', 'on-cpu'])
        .helpGroup('Device:'),
    )
    .hook('preAction', (_, verb) => takeDevice(verb.opts<DeviceOptions>()));

/** @throws UserError where there is no such device, before the verb begins. */
const takeDevice = async ({ device, runtime, unsupported }: DeviceOptions): Promise<void> => {
  if (device !== undefined) process.env.DIDE_DEVICE = device;
  if (runtime !== undefined) process.env.DIDE_ORT = runtime;
  if (unsupported !== undefined) process.env.DIDE_UNSUPPORTED = unsupported;
  if ([device, runtime, process.env.DIDE_DEVICE, process.env.DIDE_ORT].every((value) => value === undefined)) return;
  try {
    await using session = await compile({ out: input('in', ['count']) }, { kind: 'native' });
    await session.run({ in: { shape: [1], data: Float32Array.of(1) } });
  } catch (error) {
    throw new UserError((error as Error).message.replace(/^runtime: /, ''), { cause: error });
  }
};

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
