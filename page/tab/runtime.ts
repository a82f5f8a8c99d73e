import * as wasm from 'onnxruntime-web/wasm';

/** Most threads of one operator: small students gain nothing from more. */
const MOST_THREADS = 4;

/**
 * onnxruntime-web, whose WebAssembly lies at an address. It runs on several threads where the page is isolated from other
 * origins, on one otherwise.
 */
export const runtimeAt = (address: string): typeof wasm => {
  wasm.env.wasm.wasmPaths = address;
  wasm.env.wasm.numThreads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  return wasm;
};

/** The build of onnxruntime-web that computes on a graphics processor, which is loaded when it is asked for. */
export const gpuRuntimeAt = async (address: string): Promise<typeof wasm> => {
  const gpu = await import('onnxruntime-web/webgpu');
  gpu.env.wasm.wasmPaths = address;
  gpu.env.wasm.numThreads = 1;
  return gpu;
};
