import type { Numbers } from '../numbers.ts';

/**
 * Devices on which sessions compute: the processor, or a GPU through an execution provider of ONNX Runtime. `webgpu` is in the
 * library of onnxruntime-node (Metal, Direct3D 12 or Vulkan); the others need a build that has them.
 */
export const devices = ['cpu', 'webgpu', 'cuda', 'coreml', 'directml'] as const;
/** Device on which a session computes. */
export type Device = (typeof devices)[number];

/**
 * A model ready to run over buffers that belong to the caller. Nothing is copied on the way in or out.
 *
 * A bound buffer is kept from the garbage collector until another takes its name or the runtime closes. It must keep
 * its memory: do not transfer its ArrayBuffer, and do not grow a WebAssembly memory that it is a view into.
 * Binding while a run is under way throws.
 */
export interface Runtime {
  /**
   * `native` is ONNX Runtime's C API, off the event loop; `package` is onnxruntime-node's binding, which blocks it; `web`
   * is onnxruntime-web, which blocks the thread that it is on.
   */
  readonly kind: 'native' | 'package' | 'web';
  /** The names that can be bound, in the model's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Binds a buffer to an input; every later run reads it, until another is bound. The shape may change with it. */
  bindInput(name: string, numbers: Numbers): void;
  /**
   * Binds a buffer to an output; every later run writes it, and outputs without a buffer are not returned. The same
   * buffer may be an input too (in place): that is safe where every write depends on all the reads of what it replaces.
   */
  bindOutput(name: string, numbers: Numbers): void;
  /** Runs once. Rejects with ONNX Runtime's own message (a shape that does not fit, an input without a buffer). */
  run(): Promise<void>;
  /** Frees the session. Runs and bindings after it throw; a run under way ends first. Closing twice is closing once. */
  close(): void;
}

/** Options of opening a model. Every key has a default. */
export interface RuntimeOptions {
  /** Kind of runtime. Default: native, or package where koffi or the library does not load. */
  readonly kind?: 'native' | 'package' | undefined;
  /** Threads of one operator. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /**
   * Whether idle threads spin between operators: faster, but they occupy the processor. Default: ONNX Runtime's (yes).
   */
  readonly spin?: boolean | undefined;
  /**
   * Weights whose numbers are not in the model's bytes. The native kind reads them where they lie (the matrix products
   * keep a packed copy beside); the package kind copies them once. They must not change while the runtime is open.
   * The model names each as an initializer with its dataType and dims, dataLocation EXTERNAL, no rawData, and
   * externalData `location` = the initializer's name, `offset` = '0', `length` = its bytes. It may not list it as an
   * input too.
   */
  readonly initializers?: ReadonlyMap<string, Numbers> | undefined;
  /** Device that computes. Default: that of `setDefaultDevice`, or the CPU. Any other needs the native kind. */
  readonly device?: Device | undefined;
  /**
   * Treatment of operators for which the device has no kernel: an error that names them, before anything runs, or the
   * CPU computes them, with copies to and fro. Default: `refuse`, or what the environment variable `DIDE_UNSUPPORTED`
   * says.
   */
  readonly unsupported?: 'refuse' | 'on-cpu' | undefined;
  /**
   * Way of products of int8: ONNX Runtime's, or one whose sums are exact on processors where those would overflow (see
   * `isInt8Exact`). Default: usual.
   */
  readonly int8?: 'usual' | 'exact' | undefined;
  /**
   * Called once with the reason why the native kind did not load. Default: a process warning (`process.emitWarning`).
   */
  readonly onFallback?: ((reason: string) => void) | undefined;
}

/** Runtime options with their defaults filled in. */
export interface Settings {
  readonly threads: number;
  readonly spin: boolean | undefined;
  readonly device: Device;
  readonly unsupported: 'refuse' | 'on-cpu';
  readonly int8?: 'usual' | 'exact' | undefined;
  readonly initializers: ReadonlyMap<string, Numbers>;
}

/** A runtime of one kind. Its caller guarantees that calls do not overlap and that buffers match their shapes. */
export type Backend = Runtime;

/** Opens a model, off the event loop where the kind can do so. */
export type OpenBackend = (model: Uint8Array, settings: Settings) => Promise<Backend>;
