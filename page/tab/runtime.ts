import type { OnnxRuntimeWeb, WebOptions } from 'dide/web';
import * as wasm from 'onnxruntime-web/wasm';

/** Most threads of one operator: small students gain nothing from more. */
const MOST_THREADS = 4;

/** What computes in this browser. */
export interface TabRuntime extends WebOptions {
  readonly ort: OnnxRuntimeWeb;
  /** The same in words. */
  readonly said: string;
}

/**
 * onnxruntime-web as WebAssembly, whose files lie at an address. It runs on several threads where the page is isolated from
 * other origins, on one otherwise.
 */
export const runtimeAt = (address: string): typeof wasm => {
  wasm.env.wasm.wasmPaths = address;
  wasm.env.wasm.numThreads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  return wasm;
};

/** A browser's access to graphics processors. */
interface Gpu {
  requestAdapter(): Promise<{ readonly features: { has(name: string): boolean } } | null>;
}

/** What a site has for computing. */
interface Computing {
  /** Whether the files are there by which browsers compute on a graphics processor. */
  readonly hasWebgpu?: boolean | undefined;
  /** Number that its vectors are kept as. */
  readonly precision: string;
}

/** The fastest that this browser has of what the site has: a graphics processor, or WebAssembly. */
export const openRuntime = async (
  address: string,
  { hasWebgpu = false, precision }: Computing,
): Promise<TabRuntime> => {
  const { gpu } = navigator as unknown as { readonly gpu?: Gpu };
  const adapter = hasWebgpu ? await gpu?.requestAdapter().catch(() => undefined) : undefined;
  const canRead = precision !== 'float16' || adapter?.features.has('shader-f16') === true;
  if (adapter && canRead) {
    const ort = await import('onnxruntime-web/webgpu');
    ort.env.wasm.wasmPaths = address;
    ort.env.wasm.numThreads = 1;
    return { ort, provider: 'webgpu', said: 'on the graphics processor (WebGPU)' };
  }
  const ort = runtimeAt(address);
  const { numThreads } = ort.env.wasm;
  const lack = adapter
    ? 'its graphics processor has no numbers of 16 bits'
    : 'this browser gives no graphics processor';
  const threads = numThreads === 1 ? 'one thread' : `${numThreads} threads`;
  return { ort, provider: 'wasm', said: `in WebAssembly on ${threads}${hasWebgpu ? `, since ${lack}` : ''}` };
};
