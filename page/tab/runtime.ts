import * as ort from 'onnxruntime-web/wasm';

/** Most threads of one operator: small students gain nothing from more. */
const MOST_THREADS = 4;

/**
 * onnxruntime-web, whose WebAssembly lies at an address. It runs on several threads where the page is isolated from other
 * origins, on one otherwise.
 */
export const runtimeAt = (address: string): typeof ort => {
  ort.env.wasm.wasmPaths = address;
  ort.env.wasm.numThreads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  return ort;
};
