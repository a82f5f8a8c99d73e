/**
 * Searches pictures of yours with a ViT and a BERT that stay as they are: only two small projections learn, from captions.
 *
 *     npx tsx examples/6-search-your-pictures.ts vit.onnx bert/model.safetensors captioned-pictures photos "a red flower"
 *
 * `captioned-pictures` holds train.jsonl and validation.jsonl with rows {"image": "a.jpg", "caption": "…"}.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheImages, finetune, openPredictor, retrieval, search } from 'dide';
import {
  createConfig,
  createModel,
  dide,
  initFrom,
  mini,
  readImageBackbone,
  readTextBackbone,
  sizesOfBackbones,
} from 'dide/model';

const [vit, bert, data, photos, wanted] = process.argv.slice(2);
if (!vit || !bert || !data || !photos || !wanted)
  throw new Error('give a ViT, a BERT, data, a folder of pictures, a text');

// the last blocks of a ViT know what it was trained for; those before them know more about pictures
const files = { image: await readImageBackbone(vit), text: await readTextBackbone(bert, { part: 'whole' }) };
const depth = Math.min(files.image.sizes.depth, 10);
const { vocabulary } = files.text;
const config = createConfig({
  architecture: dide,
  task: retrieval,
  sizes: {
    ...sizesOfBackbones({ ...mini, vocabulary: vocabulary.length }, files, { depth, image: 112 }),
    ...{ summary: 'mean', projection: 768 },
  },
  ...{ answers: [], vocabulary },
  // most ViTs read pictures by the mean and deviation of ImageNet
  pictures: {
    ...{ mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225], scale: 1 / 255, filter: 'bicubic' },
    multiple: files.image.sizes.patch,
  },
});
const { model } = initFrom(createModel(config, 0), files);

// both encoders are locked: what they make of a picture and of a caption is computed once, so that updates are cheap
const locked = { freeze: 'image,text', dropoutRate: 0 };
const options = { task: retrieval, data, batch: 8, updates: 90, validateEvery: 30, learningRate: 1e-3, ...locked };
for await (const { number, of, losses, validation } of finetune(model, options)) {
  if (validation === undefined) continue;
  console.log(`${number}/${of}: loss ${losses.total!.toFixed(2)}, found first ${(100 * validation).toFixed(0)} %`);
}

await using retriever = await openPredictor(model);
const folder = await mkdtemp(join(tmpdir(), 'dide-'));
const cache = await cacheImages(retriever, photos, { to: join(folder, 'photos.cache') });
for (const { image, score } of await search(retriever, cache, wanted, { top: 3 })) {
  console.log(`${image}: ${score.toFixed(2)}`);
}
await rm(folder, { recursive: true });
