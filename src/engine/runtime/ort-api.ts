import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { LibraryHandle } from 'koffi';

/** An address in the library's memory, as koffi hands it out; null is C's NULL. */
export type Pointer = bigint | null;

type CFunction = ((...values: unknown[]) => unknown) & { async: (...values: unknown[]) => void };

type FunctionAt = (slot: number, result: string, parameters: readonly string[]) => CFunction;

const POINTER = 'void *';
const POINTER_OUT = '_Out_ void **';
const TEXT = 'const char *';

/** Positions in the C struct OrtApi, which only ever grows at its end, and what each function takes. */
const slots = {
  CreateEnv: [3, ['int', TEXT, POINTER_OUT]],
  CreateSessionFromArray: [8, [POINTER, POINTER, 'size_t', POINTER, POINTER_OUT]],
  CreateSessionOptions: [10, [POINTER_OUT]],
  DisableMemPattern: [17, [POINTER]],
  SetSessionLogSeverityLevel: [22, [POINTER, 'int']],
  SetSessionGraphOptimizationLevel: [23, [POINTER, 'int']],
  SetIntraOpNumThreads: [24, [POINTER, 'int']],
  SessionGetInputCount: [30, [POINTER, '_Out_ size_t *']],
  SessionGetOutputCount: [31, [POINTER, '_Out_ size_t *']],
  SessionGetInputName: [36, [POINTER, 'size_t', POINTER, POINTER_OUT]],
  SessionGetOutputName: [37, [POINTER, 'size_t', POINTER, POINTER_OUT]],
  CreateTensorAsOrtValue: [48, [POINTER, POINTER, 'size_t', 'int', POINTER_OUT]],
  CreateTensorWithDataAsOrtValue: [49, [POINTER, POINTER, 'size_t', POINTER, 'size_t', 'int', POINTER_OUT]],
  GetTensorMutableData: [51, [POINTER, POINTER_OUT]],
  CreateMemoryInfo: [68, [TEXT, 'int', 'int', 'int', POINTER_OUT]],
  CreateCpuMemoryInfo: [69, ['int', 'int', POINTER_OUT]],
  AllocatorFree: [76, [POINTER, POINTER]],
  GetAllocatorWithDefaultOptions: [78, [POINTER_OUT]],
  AddSessionConfigEntry: [130, [POINTER, TEXT, TEXT]],
  CreateAllocator: [131, [POINTER, POINTER, POINTER_OUT]],
  RunWithBinding: [133, [POINTER, POINTER, POINTER]],
  CreateIoBinding: [134, [POINTER, POINTER_OUT]],
  BindInput: [136, [POINTER, TEXT, POINTER]],
  BindOutput: [137, [POINTER, TEXT, POINTER]],
  AddInitializer: [150, [POINTER, TEXT, POINTER]],
  AppendCUDA: [204, [POINTER, POINTER]],
  CreateCUDAProviderOptions: [205, [POINTER_OUT]],
  UpdateCUDAProviderOptions: [206, [POINTER, 'const char **', 'const char **', 'size_t']],
  AddExternalInitializers: [210, [POINTER, 'const char **', 'void **', 'size_t']],
  AppendExecutionProvider: [216, [POINTER, TEXT, 'const char **', 'const char **', 'size_t']],
  CopyTensors: [386, [POINTER, 'void **', 'void **', POINTER, 'size_t']],
  GetEpGraphAssignmentInfo: [407, [POINTER, POINTER_OUT, '_Out_ size_t *']],
  EpAssignedSubgraphGetEpName: [408, [POINTER, POINTER_OUT]],
  EpAssignedSubgraphGetNodes: [409, [POINTER, POINTER_OUT, '_Out_ size_t *']],
  EpAssignedNodeGetName: [410, [POINTER, POINTER_OUT]],
  EpAssignedNodeGetOperatorType: [412, [POINTER, POINTER_OUT]],
} as const;
const releases = {
  Status: 93,
  MemoryInfo: 94,
  Session: 95,
  Value: 96,
  SessionOptions: 100,
  Allocator: 132,
  IoBinding: 135,
  CUDAProviderOptions: 208,
} as const;
const GET_ERROR_MESSAGE = 2;

/** The version of the struct that is asked for; every ONNX Runtime since 1.24 has it. */
const API_VERSION = 24;
/** koffi's own 128 KiB are too little for kernels that keep their tiles on the stack; untouched pages cost nothing. */
const ASYNC_STACK_BYTES = 8 << 20;

/** The C API; a status that is not OK is thrown as an Error. */
export interface Ort {
  /** Held because koffi unloads a library whose handle is collected, code and all. */
  readonly library: LibraryHandle;
  call(name: keyof typeof slots, ...values: unknown[]): void;
  /** Calls off the event loop. */
  callAsync(name: keyof typeof slots, ...values: unknown[]): Promise<void>;
  /** Calls a function that returns its result through its last parameter. */
  make(name: keyof typeof slots, ...values: unknown[]): Pointer;
  makeAsync(name: keyof typeof slots, ...values: unknown[]): Promise<Pointer>;
  /** Calls a function that returns an array through its last two parameters, the array and its length. */
  list(name: keyof typeof slots, ...values: unknown[]): Pointer[];
  release(kind: keyof typeof releases, pointer: Pointer): void;
  textAt(pointer: Pointer): string;
  /** A view of memory that belongs to the library. */
  bytesAt(pointer: Pointer, length: number): Uint8Array;
}

/** Path of the library: of the environment variable `DIDE_ORT`, or that of onnxruntime-node. */
const libraryPath = (): string => {
  if (process.env.DIDE_ORT) return process.env.DIDE_ORT;
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const files: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'libonnxruntime.1.dylib',
    win32: 'onnxruntime.dll',
  };
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, files[process.platform] ?? 'libonnxruntime.so.1');
};

/**
 * Loads the libonnxruntime that onnxruntime-node ships, or another build of it (`DIDE_ORT`), and finds its functions.
 *
 * @throws Error when koffi has no binary for this platform, or the library does not load.
 */
export const loadOrt = async (): Promise<Ort> => {
  const { default: koffi } = await import('koffi');
  // koffi refuses this once a library is loaded, even where nothing would change
  if (koffi.config().async_stack_size !== ASYNC_STACK_BYTES) koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
  const library = loadLibrary(koffi);
  const at = (table: Pointer, slot: number, result: string, parameters: readonly string[]): CFunction =>
    koffi.decode(koffi.decode(table, slot * 8, POINTER), koffi.proto(result, [...parameters]));
  const base: Pointer = library.func('OrtGetApiBase', POINTER, [])();
  const api = at(base, 0, POINTER, ['uint32_t'])(API_VERSION) as Pointer;
  if (!api)
    throw new Error(`runtime: ${libraryPath()}: it is older than ONNX Runtime 1.${API_VERSION}: give a later one`);
  const functions = functionsOf((slot, result, parameters) => at(api, slot, result, parameters));
  return {
    ...functions,
    library,
    list: (name, ...values) => {
      const [array, length]: [Pointer[], number[]] = [[null], [0]];
      functions.call(name, ...values, array, length);
      return Array.from({ length: Number(length[0]) }, (_, i): Pointer => koffi.decode(array[0]!, i * 8, POINTER));
    },
    textAt: (pointer) => koffi.decode.string(pointer),
    bytesAt: (pointer, length) => new Uint8Array(koffi.view(pointer, length)),
  };
};

/** @throws Error that names the file where it is no library of this platform. */
const loadLibrary = (koffi: Pick<typeof import('koffi'), 'load'>): LibraryHandle => {
  try {
    return koffi.load(libraryPath());
  } catch (error) {
    throw new Error(
      `runtime: ${libraryPath()}: ${(error as Error).message}: give the library of an ONNX Runtime from 1.24 up`,
      { cause: error },
    );
  }
};

const functionsOf = (at: FunctionAt): Omit<Ort, 'library' | 'list' | 'textAt' | 'bytesAt'> => {
  const named = <N extends string, F>(table: Record<N, unknown>, make: (name: N) => F): Record<N, F> =>
    Object.fromEntries((Object.keys(table) as N[]).map((name) => [name, make(name)])) as Record<N, F>;
  const functions = named(slots, (name) => at(slots[name][0], POINTER, slots[name][1]));
  const release = named(releases, (name) => at(releases[name], 'void', [POINTER]));
  const messageOf = at(GET_ERROR_MESSAGE, TEXT, [POINTER]);
  const check = (status: unknown): void => {
    if (!status) return;
    const message = String(messageOf(status));
    release.Status(status);
    throw new Error(message);
  };
  const call: Ort['call'] = (name, ...values) => check(functions[name](...values));
  const callAsync: Ort['callAsync'] = async (name, ...values) => {
    const status = await new Promise((resolve, reject) => {
      // koffi holds `settle` until the call is over, and with it this scope and the buffers among the values.
      const settle = (error: unknown, result: unknown): void => (error ? reject(error) : resolve(result));
      functions[name].async(...values, settle);
    });
    check(status);
  };
  return {
    call,
    callAsync,
    make: (name, ...values) => {
      const out: Pointer[] = [null];
      call(name, ...values, out);
      return out[0]!;
    },
    makeAsync: async (name, ...values) => {
      const out: Pointer[] = [null];
      await callAsync(name, ...values, out);
      return out[0]!;
    },
    release: (kind, pointer) => {
      release[kind](pointer);
    },
  };
};
