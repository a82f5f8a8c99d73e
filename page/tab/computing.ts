import { encodeText, type Model, openPredictor, type Predictor } from 'dide/web';
import { gpuRuntimeAt, runtimeAt } from './runtime.ts';

/** Chooses what computes, by what the browser has or by the visitor's wish. */
export type Wish = 'automatic' | 'webgpu' | 'wasm';

/** A student that is ready to run. */
export interface Computing {
  readonly student: Predictor;
  /** Description of what computes. */
  readonly computes: string;
}

/** A student, the address of the files of onnxruntime-web, and what is known of the site and the wish of its visitor. */
export interface ToCompute {
  readonly model: Model;
  readonly runtime: string;
  /** Whether the site holds what a graphics processor needs. */
  readonly hasGpuRuntime: boolean;
  /** Whether the vectors have 16 bits a number, which not every graphics processor multiplies. */
  readonly isHalf: boolean;
  readonly wish: Wish;
}

/** Seconds in which a graphics processor must give its first answer, for which its programs are compiled. */
const PATIENCE: Readonly<Record<Wish, number>> = { automatic: 90, webgpu: 600, wasm: 0 };

/**
 * Opens a student on the graphics processor where there is one that fits, otherwise in WebAssembly. A graphics processor
 * that fails, or gives no first answer in time, is given up, and the words say why.
 */
export const openComputing = async (asked: ToCompute): Promise<Computing> => {
  const { model, runtime, hasGpuRuntime, wish } = asked;
  if (!hasGpuRuntime || wish === 'wasm')
    return inWebAssembly(asked, wish === 'webgpu' ? 'this site has no WebGPU' : '');
  const unfit = await unfitness(asked);
  if (unfit !== undefined) return inWebAssembly(asked, wish === 'webgpu' ? unfit : '');
  try {
    const student = openPredictor(model, await gpuRuntimeAt(runtime), { provider: 'webgpu' });
    await inTime(student.textFeatures(encodeText(student, 'is it ?')), PATIENCE[wish]);
    return { student, computes: 'on the graphics processor (WebGPU)' };
  } catch (error) {
    return inWebAssembly(asked, `the graphics processor failed: ${error instanceof Error ? error.message : error}`);
  }
};

const inWebAssembly = ({ model, runtime }: ToCompute, why: string): Computing => {
  const ort = runtimeAt(runtime);
  const { numThreads } = ort.env.wasm;
  const threads = numThreads === 1 ? 'one thread' : `${numThreads} threads`;
  return { student: openPredictor(model, ort), computes: `in WebAssembly on ${threads}${why && ` (${why})`}` };
};

/** The part of WebGPU that is asked here. */
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}
interface Adapter {
  readonly features: ReadonlySet<string>;
  readonly info?: { readonly isFallbackAdapter?: boolean | undefined; readonly architecture?: string | undefined };
}

/** Why a browser's graphics processor is not taken; undefined where it is. One that is played by software is wished for only. */
const unfitness = async ({ isHalf, wish }: ToCompute): Promise<string | undefined> => {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return 'this browser gives no graphics processor';
  const { isFallbackAdapter = false, architecture = '' } = adapter.info ?? {};
  if (wish === 'automatic' && (isFallbackAdapter || architecture === 'swiftshader')) return 'it is played by software';
  return isHalf && !adapter.features.has('shader-f16') ? 'the graphics processor has no numbers of 16 bits' : undefined;
};

const inTime = async <T>(work: Promise<T>, seconds: number): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${seconds} seconds`)), seconds * 1000);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
};
