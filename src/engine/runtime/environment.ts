import { bytesOf, type Data, type Numbers } from '../numbers.ts';
import { loadOrt, type Pointer } from './ort-api.ts';

const LOG_FATAL = 4;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

/** ONNX's numbers for element types. */
export const elementTypeOf = (data: Data): number => {
  if (data instanceof Float32Array) return 1;
  if (data instanceof Int8Array) return 3;
  if (data instanceof Uint16Array) return 10;
  return data instanceof Float64Array ? 11 : 6;
};

/** Dimensions as ONNX Runtime reads them. */
export const dimensionsOf = ({ shape }: Numbers): BigInt64Array => BigInt64Array.from(shape, BigInt);

const createEnvironment = async () => {
  const ort = await loadOrt();
  const environment = ort.make('CreateEnv', LOG_FATAL, 'dide');
  const memory = ort.make('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  /** Creates a tensor over a buffer; the caller releases it. */
  const tensorOver = (numbers: Numbers): Pointer => {
    const { data } = numbers;
    const dims = dimensionsOf(numbers);
    // koffi passes bytes by address; reading `buffer` also moves a small array out of the heap, where it could move
    const of = [memory, bytesOf(data), data.byteLength, dims, dims.length, elementTypeOf(data)];
    return ort.make('CreateTensorWithDataAsOrtValue', ...of);
  };
  /** Tensors in the memory of a device that stand for arrays of the host; see `makeResident`. */
  const residents = new WeakMap<Data, Pointer>();
  return { ort, environment, memory, tensorOver, residents };
};
export type Environment = Awaited<ReturnType<typeof createEnvironment>>;

let environment: Promise<Environment> | undefined;

/**
 * Loads the library and creates its environment, of which ONNX Runtime keeps one a process.
 *
 * @throws Error when koffi or the library does not load.
 */
export const loadEnvironment = (): Promise<Environment> => {
  environment ??= createEnvironment();
  return environment;
};
