import { availableParallelism } from 'node:os';
import type { Device, OpenBackend, Runtime, RuntimeOptions, Settings } from './backend.ts';
import { defaultDevice } from './device.ts';
import { checkSize, GuardedRuntime } from './guarded.ts';

/**
 * Opens an ONNX model for running: all graph optimisations, an arena, no memory pattern (which would keep a training
 * step's peak), fatal messages only in the log, since every error is thrown.
 *
 * @throws Error with ONNX Runtime's message when the model is not valid, or when `kind: 'native'` cannot load.
 */
export const createRuntime = async (model: Uint8Array, options: RuntimeOptions = {}): Promise<Runtime> => {
  const settings: Settings = {
    threads: options.threads ?? availableParallelism(),
    spin: options.spin,
    device: options.device ?? defaultDevice(),
    unsupported: options.unsupported ?? (process.env.DIDE_UNSUPPORTED === 'on-cpu' ? 'on-cpu' : 'refuse'),
    int8: options.int8,
    initializers: options.initializers ?? new Map(),
  };
  for (const [name, numbers] of settings.initializers) checkSize(`initializer ${name}`, numbers);
  disableTelemetry();
  const kind = settings.device === 'cpu' ? options.kind : nativeFor(settings.device, options.kind);
  const open = await backendFor({ ...options, kind });
  return new GuardedRuntime(await open(model, settings));
};

/**
 * Keeps ONNX Runtime from sending telemetry, which its builds do by default from 1.30 on. It must be said before the
 * library is loaded. A look-up of the collector's address that was under way as the process ended also made it hang:
 * the library is unloaded under the lock that the look-up waits for. Whoever sets the variable decides.
 */
const disableTelemetry = (): void => {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
};

/** The one kind that computes on other devices than the CPU. @throws Error where another is asked for. */
const nativeFor = (device: Device, kind: RuntimeOptions['kind']): 'native' => {
  if (kind === 'package') throw new Error(`runtime: onnxruntime-node's binding is for the CPU alone, not ${device}`);
  return 'native';
};

const backendFor = async ({ kind, onFallback = warnOnce }: RuntimeOptions): Promise<OpenBackend> => {
  if (kind !== 'package') {
    try {
      return await (await import('./native.ts')).loadNative();
    } catch (error) {
      if (kind === 'native') throw error;
      onFallback(
        `runtime: ONNX Runtime's C API did not load (${messageOf(error)}): running through onnxruntime-node's binding, which is slower and blocks the event loop`,
      );
    }
  }
  return (await import('./package.ts')).loadPackage();
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let warned = false;
const warnOnce = (reason: string): void => {
  if (!warned) process.emitWarning(reason);
  warned = true;
};
