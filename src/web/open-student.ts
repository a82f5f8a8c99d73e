import { checkFinite } from '../checkpoints/check-finite.ts';
import { parseSafetensors } from '../checkpoints/formats/safetensors-bytes.ts';
import { isOurs, type Model, readModel } from '../checkpoints/model-file.ts';
import type { OnnxRuntimeWeb, WebOptions } from '../engine/runtime/web.ts';
import { compileWith } from '../engine/runtime/web.ts';
import { UserError } from '../errors.ts';
import { type Predictor, predictorOn } from '../inference/predictor.ts';
import type { Architecture } from '../model/architecture.ts';
import { nameOf, type ReadingOptions, readSource, type WebSource } from './fetched.ts';
import { createSha256 } from './sha256.ts';

/** Options of `loadModel`. */
export interface WebLoadOptions extends ReadingOptions {
  /** Architectures of your own, by whose names the file may be saved. */
  readonly architectures?: readonly Architecture[] | undefined;
}

/**
 * Loads a model from a safetensors file of ours: what a training saved, `dide export --to safetensors`, or `saveModel`.
 *
 * @throws UserError where it cannot be had, is another file, or damaged.
 */
export const loadModel = async (source: WebSource, options: WebLoadOptions = {}): Promise<Model> => {
  const name = nameOf(source);
  const file = parseSafetensors(await readSource(source, options), name);
  if (!isOurs(file))
    throw new UserError(`${name}: it was not saved by dide: write one that is, dide export FILE --to safetensors`);
  const model = await readModel(file, options.architectures);
  checkFinite(model.weights, name);
  return model;
};

/**
 * Makes a model ready to run on onnxruntime-web. Its graphs are written here, so that nothing but its weights is loaded.
 *
 *   await using student = openPredictor(await loadModel('student.safetensors'), ort);
 *
 * `ort` is the module `onnxruntime-web/wasm`: set its `env.wasm.numThreads` and `wasmPaths` before. It computes on the thread that it is called on: give it a worker, so
 * that the page stays smooth.
 *
 * @param options.provider `webgpu` where the build is `onnxruntime-web/webgpu` and the browser has a graphics processor.
 */
export const openPredictor = (model: Model, ort: OnnxRuntimeWeb, options: WebOptions = {}): Predictor =>
  predictorOn(model, { compile: compileWith(ort, options), createHash: createSha256, threads: 1 });
