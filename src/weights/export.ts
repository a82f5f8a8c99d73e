import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collate, type Feeds } from '../data/batch.ts';
import type { Numbers } from '../engine/numbers.ts';
import { writeOnnx } from '../engine/onnx.ts';
import { generator, keyOf } from '../engine/random.ts';
import { createRuntime } from '../engine/runtime.ts';
import { UserError } from '../errors.ts';
import { bestOf } from '../tasks/task.ts';
import type { Description } from './description.ts';
import { withHalfWeights } from './onnx-halves.ts';
import { withQuantizedWeights } from './onnx-quantized.ts';
import { replaceFile } from './replace-file.ts';
import { tokenizerOf } from './save-hugging-face.ts';
import { graphsOf, openStudent } from './student.ts';
import type { Trained } from './trained.ts';

/** How an exported student keeps its weights: as they are, in half the size, or in a quarter. */
export type ExportPrecision = 'fp32' | 'fp16' | 'int8';

/** What an export is worth: how far its logits are from the student's over texts and images drawn at random. */
export interface Exported {
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The largest difference of a logit, and the largest logit. */
  readonly difference: number;
  readonly largest: number;
  /** Pairs in which both give the same answer, and how many there were. */
  readonly agreed: number;
  readonly pairs: number;
}

const written: Readonly<Record<ExportPrecision, (bytes: Uint8Array) => Uint8Array>> = {
  fp32: (bytes) => bytes,
  fp16: withHalfWeights,
  int8: (bytes) => withHalfWeights(withQuantizedWeights(bytes)),
};

/**
 * Writes a student as three plain ONNX files with their weights inside, text.onnx, image.onnx and answer.onnx, beside
 * its vocabulary and a JSON of how pictures become patches; then runs them beside the student itself.
 *
 * @throws UserError where the model is no student, or answers about pairs of images.
 */
export const exportStudent = async (
  trained: Trained,
  folder: string,
  { precision = 'fp32', threads }: { readonly precision?: ExportPrecision; readonly threads?: number } = {},
): Promise<Exported> => {
  await using student = await openStudent(trained, threads === undefined ? {} : { threads });
  const { description, weights } = trained;
  await mkdir(folder, { recursive: true });
  const graphs = graphsOf(description);
  const outputs = {
    text: { text_shares: graphs.text() },
    image: { image_shares: graphs.image() },
    answer: { logits: graphs.answers(1) },
  };
  const models = Object.entries(outputs).map(([name, output]) => ({
    name: `${name}.onnx`,
    bytes: written[precision](writeOnnx(output, { weights })),
  }));
  for (const { name, bytes } of models) await replaceFile(join(folder, name), (append) => append(bytes));
  await writeWords(folder, description);
  await writeFile(join(folder, 'student.json'), `${JSON.stringify(aboutOf(description, precision), null, 2)}\n`);
  const run = runnerOf(models, threads);
  return {
    files: models.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength })),
    ...(await compared(student, run, description)),
  };
};

const writeWords = async (folder: string, description: Description): Promise<void> => {
  await writeFile(join(folder, 'vocab.txt'), `${description.vocabulary.join('\n')}\n`);
  const tokenizer = JSON.stringify(tokenizerOf(description), null, 2);
  await writeFile(join(folder, 'tokenizer_config.json'), `${tokenizer}\n`);
};

/** Everything that a program in any language needs beside the three files. */
const aboutOf = ({ sizes, task, answers, scoring }: Description, precision: ExportPrecision): object => ({
  task,
  answers,
  scoring,
  precision,
  text: {
    inputs: 'words int32 [batch, words]: ids with [CLS] and [SEP]; word_mask float32 [batch, words]: 1 real, 0 padding',
    output: 'text_shares float32 [batch, 2 width]',
    longest: sizes.words,
  },
  image: {
    inputs:
      'patches float32 [batch, patches, 3 patch patch]: raster order, each by channel, row, column; patch_mask float32 [batch, patches]; patch_positions float32 [batch, patches, grid grid]: bilinear weights (align_corners) of each patch over the position table',
    output: 'image_shares float32 [batch, 2 width]: keep them, one an image',
    resize: {
      shortestEdge: sizes.image,
      longestEdge: Math.trunc((1333 / 800) * sizes.image),
      multipleOf: sizes.patch,
      filter: 'bicubic',
    },
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
    patch: sizes.patch,
    grid: sizes.grid,
  },
  answer: {
    inputs: 'text_shares float32 [1, 2 width]: one text; image_shares float32 [images, 2 width]',
    output: `logits float32 [images, ${answers.length}], in the order of answers`,
  },
});

type Run = (model: string, feeds: Feeds, shape: readonly number[]) => Promise<Numbers<Float32Array>>;

/** Runs one of the files just written, from its bytes. */
const runnerOf =
  (models: readonly { readonly name: string; readonly bytes: Uint8Array }[], threads: number | undefined): Run =>
  async (model, feeds, shape) => {
    const { bytes } = models.find(({ name }) => name === model)!;
    const runtime = await createRuntime(bytes, threads === undefined ? {} : { threads });
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

const PROBES = 4;

const compared = async (
  student: Awaited<ReturnType<typeof openStudent>>,
  run: Run,
  { sizes, answers }: Description,
): Promise<Omit<Exported, 'files'>> => {
  const feeds = probes({ sizes });
  const wide = [PROBES, 2 * sizes.width];
  const [texts, images] = [await run('text.onnx', feeds, wide), await run('image.onnx', feeds, wide)];
  const [ownTexts, ownImages] = [await student.textShares(feeds), await student.imageShares(feeds)];
  let [difference, largest, agreed] = [0, 0, 0];
  for (let text = 0; text < PROBES; text += 1) {
    const answer = { text_shares: rowOf(texts, text), image_shares: images };
    const given = await run('answer.onnx', answer, [PROBES, answers.length]);
    const wanted = await student.answers(rowOf(ownTexts, text), ownImages);
    for (const [i, logit] of wanted.data.entries()) {
      difference = Math.max(difference, Math.abs(logit - given.data[i]!));
      largest = Math.max(largest, Math.abs(logit));
    }
    const best = bestOf(wanted);
    agreed += bestOf(given).filter((place, i) => place === best[i]).length;
  }
  if (Number.isNaN(difference)) throw new UserError('export: the logits are no numbers: its weights are damaged');
  return { difference, largest, agreed, pairs: PROBES * PROBES };
};

const rowOf = ({ shape, data }: Numbers<Float32Array>, row: number): Numbers<Float32Array> => ({
  shape: [1, shape[1]!],
  data: data.slice(row * shape[1]!, (row + 1) * shape[1]!),
});

/** Texts and pictures of noise, of different lengths and sizes. */
const probes = ({ sizes }: Pick<Description, 'sizes'>): Feeds => {
  const random = generator(keyOf(0, 'export'));
  const below = (many: number): number => Math.min(many - 1, Math.floor(random() * many));
  const encoded = Array.from({ length: PROBES }, (_, i) => {
    const [rows, columns] = [sizes.grid, Math.max(1, sizes.grid - i)];
    const [width, height] = [columns * sizes.patch, rows * sizes.patch];
    const data = Uint8Array.from({ length: width * height * 3 }, () => below(256));
    const words = Int32Array.from({ length: Math.max(2, sizes.words - 3 * i) }, () => below(sizes.vocabulary));
    return { id: `probe ${i}`, words, images: [{ rows, columns, pixels: { width, height, data } }] };
  });
  return collate(encoded, { patch: sizes.patch, grid: sizes.grid });
};
