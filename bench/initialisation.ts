/**
 * Compares initial weights at small size: the same fusion encoder, data, seed and updates, begun at random,
 * with a ViT's body, with a BERT's word embeddings, and with both.
 *
 *     npx tsx bench/initialisation.ts --image-body vit_s_focus.onnx --text-body minilm/model.safetensors \
 *       --data runs/easy-vqa/data
 *
 * The ViT decides width, heads and patches, the first --depth of its layers are taken. Flags: --depth N (default 3),
 * --updates N (default 300), --batch N (default 32), --threads N (default all). The table comes out as Markdown:
 * validation accuracy over the updates, and accuracy on test at the end, whole and by the kind of question.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { configOf } from '../src/checkpoints/description.ts';
import { SPECIAL_PIECES, unknownWords } from '../src/data.ts';
import { evaluate, finetune, type Model, vqa } from '../src/index.ts';
import {
  type Backbones,
  createModel,
  initFrom,
  readImageBackbone,
  readTextBackbone,
  sizes,
  sizesOfBackbones,
} from '../src/model.ts';
import { accuracyReport } from '../src/studies/measures/accuracy.ts';

const { values: flags } = parseArgs({
  options: {
    'image-body': { type: 'string' },
    'text-body': { type: 'string' },
    data: { type: 'string' },
    depth: { type: 'string', default: '3' },
    updates: { type: 'string', default: '300' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: `${availableParallelism()}` },
  },
});

const { 'image-body': imageBody, 'text-body': textBody, data } = flags;
if (imageBody === undefined || textBody === undefined || data === undefined)
  throw new Error('initialisation: give --image-body, --text-body and --data');

/** Lower than a mini model's: what was learnt before is to be kept. The same for all. */
const LEARNING_RATE = 2e-4;

const bodies = { image: await readImageBackbone(imageBody), text: await readTextBackbone(textBody) };

/** One model for all beginnings, at random. */
const untrained = async (): Promise<Model> => {
  const words = new Set(unknownWords(await vqa.read(data, 'train')));
  const vocabulary = [...SPECIAL_PIECES, ...[...words].sort()];
  const shape = sizesOfBackbones({ ...sizes.mini, image: 64 }, bodies, { depth: Number(flags.depth) });
  return createModel(
    configOf(
      {
        model: 'vilt',
        sizes: { ...shape, vocabulary: vocabulary.length, types: 2 },
        ...{ task: vqa.name, images: vqa.images, scoring: 'softmax', answers: await vqa.answers(data), vocabulary },
        recipe: {},
      },
      'test',
    ),
    0,
  );
};

const beginnings: Readonly<Record<string, Backbones>> = {
  'at random': {},
  'the words of a BERT': { text: bodies.text },
  'the body of a ViT': { image: bodies.image },
  both: bodies,
};

/** Accuracy on validation by update, and on test by kind of question. */
const measure = async (model: Model) => {
  const seen: string[] = [];
  const options = {
    data,
    task: vqa,
    batch: Number(flags.batch),
    seed: 0,
    learningRate: LEARNING_RATE,
  } as const;
  const how = {
    updates: Number(flags.updates),
    threads: Number(flags.threads),
    clip: 1,
    order: 'torch',
    decay: 'correct',
  } as const;
  for await (const { number, validation } of finetune(model, { ...options, ...how })) {
    if (validation === undefined) continue;
    seen.push(`${number}: ${(100 * validation).toFixed(1)}`);
    process.stderr.write(`  ${seen.at(-1)} %\n`);
  }
  const { predictions } = await evaluate(model, { task: vqa, data, split: 'test' });
  return { seen, ...accuracyReport(predictions, { seed: 0 }) };
};

console.log('| begun | validation, % | test, % | by kind, % |\n| --- | --- | ---: | --- |');
for (const [name, from] of Object.entries(beginnings)) {
  process.stderr.write(`${name}\n`);
  const { seen, mean, byKind } = await measure(initFrom(await untrained(), from).model);
  const kinds = Object.entries(byKind).map(([kind, { mean: share }]) => `${kind} ${(100 * share).toFixed(1)}`);
  console.log(`| ${name} | ${seen.join(', ')} | ${(100 * mean).toFixed(1)} | ${kinds.join(', ')} |`);
}
