import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../checkpoints/model-file.ts';
import { writeOnnx } from '../engine/onnx/write.ts';
import { createRuntime } from '../engine/runtime/runtime.ts';
import { UserError } from '../errors.ts';
import { assetPath } from '../files/asset.ts';
import type { ModelConfig } from '../model/config.ts';
import { missingProjection } from '../model/heads.ts';
import { compareExport, type ExportReport, type RunFile } from './compare-export.ts';
import { manifests, onnxKind, writeExport } from './export-folder.ts';
import { exportGraphs } from './export-graphs.ts';
import { toFloat16Weights } from './float16.ts';
import { tokenizerConfig } from './hugging-face.ts';
import { manifestOf } from './manifest.ts';
import { quantizeWeights } from './quantize.ts';

/** Precision of an export's weights: as they are, in half the size, or in a quarter of it. */
export type ExportPrecision = 'fp32' | 'fp16' | 'int8';

/** Files of an export, and their largest difference from the model itself. */
export interface ExportResult extends ExportReport {
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

const converters: Readonly<Record<ExportPrecision, (bytes: Uint8Array) => Uint8Array>> = {
  fp32: (bytes) => bytes,
  fp16: toFloat16Weights,
  int8: (bytes) => toFloat16Weights(quantizeWeights(bytes)),
};

/** Programs that run an export, which are written beside it: the whole way from a picture and a question to an answer. */
const programs = ['answer.py', 'answer.mjs'];

/**
 * Exports a model as plain ONNX files with their weights inside, its vocabulary, a JSON manifest of their inputs, outputs
 * and preprocessing, and programs in Python and JavaScript that run them, and compares them with the model itself. They
 * take the place of an earlier export, whole or not at all.
 *
 * A dual encoder becomes text.onnx, image.onnx and answer.onnx with student.json, a fusion encoder model.onnx with
 * teacher.json; both for one image or two. A retriever becomes text.onnx and image.onnx, whose outputs are vectors of
 * length 1: their dot product says how well they fit.
 *
 * @throws UserError where it is a fusion encoder that answers nothing (retrieval), where it was not trained to retrieve
 * though that is its task, or where its weights are damaged.
 */
export const exportOnnx = async (
  model: Model,
  folder: string,
  {
    precision = 'fp32',
    threads,
  }: { readonly precision?: ExportPrecision | undefined; readonly threads?: number | undefined } = {},
): Promise<ExportResult> => {
  const { config, weights } = model;
  checkProjections(model);
  const graphs = exportGraphs(config);
  return await writeExport(folder, onnxKind, async (into) => {
    const files = Object.entries(graphs).map(([name, outputs]) => ({
      name: `${name}.onnx`,
      bytes: converters[precision](writeOnnx(outputs, { weights })),
    }));
    const options = { threads };
    const run = runnerOf(new Map(files.map(({ name, bytes }) => [name, bytes])), options);
    const report = await compareExport(model, run, options);
    for (const { name, bytes } of files) await writeFile(join(into, name), bytes);
    await writeManifest(into, config, precision);
    for (const name of programs) await writeFile(join(into, name), await readFile(assetPath(`export/${name}`)));
    return { files: files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength })), ...report };
  });
};

/** @throws UserError where a retriever lacks the projections of its vectors. */
const checkProjections = ({ config, weights }: Model): void => {
  const { features } = config.purpose.graphs(config);
  if (!features || features.answer) return;
  const missing = missingProjection(weights);
  if (missing === undefined) return;
  throw new UserError(
    `export: the model (${config.architecture.name}, ${config.task}) has no ${missing}: give one that was trained to retrieve`,
  );
};

const writeManifest = async (folder: string, config: ModelConfig, precision: ExportPrecision): Promise<void> => {
  const json = (name: string, value: object): Promise<void> =>
    writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await writeFile(join(folder, 'vocab.txt'), `${config.vocabulary.join('\n')}\n`);
  await json('tokenizer_config.json', tokenizerConfig(config));
  await json(manifests[config.architecture.towers ? 0 : 1], manifestOf(config, precision));
};

/** Runner of files, from their bytes. A file is fed those of the feeds that it has inputs for. */
const runnerOf =
  (files: ReadonlyMap<string, Uint8Array>, options: { readonly threads?: number | undefined }): RunFile =>
  async (file, feeds, shape) => {
    const runtime = await createRuntime(files.get(file)!, options);
    try {
      for (const name of runtime.inputs) runtime.bindInput(name, feeds[name]!);
      const result = { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
      runtime.bindOutput(runtime.outputs[0]!, result);
      await runtime.run();
      return result;
    } finally {
      runtime.close();
    }
  };
