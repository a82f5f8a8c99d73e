/** `dide/web` and onnxruntime-web as names of a page, for tests that drive it from outside. */
import * as ort from 'onnxruntime-web/wasm';
import * as web from '../../src/web.ts';

const page = globalThis as unknown as { document: { baseURI: string }; crossOriginIsolated: boolean };
ort.env.wasm.wasmPaths = new URL('runtime/', page.document.baseURI).href;
ort.env.wasm.numThreads = page.crossOriginIsolated ? 2 : 1;

/** The build of onnxruntime-web that computes on a graphics processor. */
const loadGpu = async (): Promise<typeof ort> => {
  const gpu = await import('onnxruntime-web/webgpu');
  gpu.env.wasm.wasmPaths = ort.env.wasm.wasmPaths!;
  gpu.env.wasm.numThreads = 1;
  return gpu;
};
Object.assign(globalThis, { web, ort, loadGpu });
