import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../checkpoints/model-file.ts';
import { writeOnnx } from '../engine/onnx/write.ts';
import { createRuntime } from '../engine/runtime/runtime.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import type { ModelConfig } from '../model/config.ts';
import { compareExport, type ExportReport, type RunFile } from './compare-export.ts';
import { exportGraphs } from './export-graphs.ts';
import { toFloat16Weights } from './float16.ts';
import { tokenizerConfig } from './hugging-face.ts';
import { manifestOf } from './manifest.ts';
import { quantizeWeights } from './quantize.ts';

/** How an exported model keeps its weights: as they are, in half the size, or in a quarter. */
export type ExportPrecision = 'fp32' | 'fp16' | 'int8';

/** Files of an export, and their largest difference from the model itself. */
export interface ExportResult extends ExportReport {
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

const written: Readonly<Record<ExportPrecision, (bytes: Uint8Array) => Uint8Array>> = {
  fp32: (bytes) => bytes,
  fp16: toFloat16Weights,
  int8: (bytes) => toFloat16Weights(quantizeWeights(bytes)),
};

/**
 * Writes a model as plain ONNX files with their weights inside, beside its vocabulary and a JSON of what goes in and how
 * pictures become patches; then runs them beside the model itself. A student (dide) becomes text.onnx, image.onnx and
 * answer.onnx with student.json, a fusion encoder (vilt) model.onnx with teacher.json; both for one image or two. A
 * student that retrieves becomes text.onnx and image.onnx, which give vectors of length 1: their dot product says how
 * well they fit.
 *
 * @throws UserError where it is a fusion encoder that answers nothing (retrieval), where it was not trained to retrieve
 * though that is its task, or where its weights are damaged.
 */
export const exportOnnx = async (
  trained: Model,
  folder: string,
  {
    precision = 'fp32',
    threads,
  }: { readonly precision?: ExportPrecision | undefined; readonly threads?: number | undefined } = {},
): Promise<ExportResult> => {
  const { config, weights } = trained;
  checkProjections(trained);
  const graphs = exportGraphs(config);
  await mkdir(folder, { recursive: true });
  const files = Object.entries(graphs).map(([name, outputs]) => ({
    name: `${name}.onnx`,
    bytes: written[precision](writeOnnx(outputs, { weights })),
  }));
  for (const { name, bytes } of files) await writeAtomically(join(folder, name), (append) => append(bytes));
  await writeAbout(folder, config, precision);
  const options = { threads };
  return {
    files: files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength })),
    ...(await compareExport(
      trained,
      runnerOf(new Map(files.map(({ name, bytes }) => [name, bytes])), options),
      options,
    )),
  };
};

/** @throws UserError where the projections are missing that a retriever's vectors need. */
const checkProjections = ({ config, weights }: Model): void => {
  const { features } = config.purpose.graphs(config);
  if (!features || features.answer) return;
  const lacking = ['itc.text_proj.weight', 'itc.image_proj.weight'].find((name) => !weights.has(name));
  if (lacking === undefined) return;
  throw new UserError(
    `export: the model (${config.architecture.name}, ${config.task}) has no ${lacking}: give one that was trained to retrieve`,
  );
};

const writeAbout = async (folder: string, config: ModelConfig, precision: ExportPrecision): Promise<void> => {
  const json = (name: string, value: object): Promise<void> =>
    writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await writeFile(join(folder, 'vocab.txt'), `${config.vocabulary.join('\n')}\n`);
  await json('tokenizer_config.json', tokenizerConfig(config));
  await json(config.architecture.towers ? 'student.json' : 'teacher.json', manifestOf(config, precision));
};

/** Runs one of the files just written, from its bytes; it is fed what it asks for of all that there is. */
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
