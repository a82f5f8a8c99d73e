import { type Device, devices } from './backend.ts';

let chosen: Device | undefined;

/**
 * Sets the device of sessions whose options name none, as `torch.set_default_device` does.
 *
 *   setDefaultDevice('webgpu');
 *   await using predictor = await openPredictor(student);     // on the GPU
 */
export const setDefaultDevice = (device: Device): void => {
  chosen = device;
};

/**
 * The device of sessions whose options name none: that of `setDefaultDevice`, or of the environment variable
 * `DIDE_DEVICE`, or the CPU.
 *
 * @throws Error where the variable names no device.
 */
export const defaultDevice = (): Device => {
  const { DIDE_DEVICE: named = 'cpu' } = process.env;
  if (chosen) return chosen;
  if (isDevice(named)) return named;
  throw new Error(`runtime: DIDE_DEVICE is "${named}": it must be ${devices.join(', ')}`);
};

const isDevice = (name: string): name is Device => devices.some((device) => device === name);
