import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel } from '../src/checkpoints/model-file.ts';
import type { Numbers } from '../src/engine/numbers.ts';
import { compile } from '../src/engine/runtime/compile.ts';
import type { CompileOptions } from '../src/engine/runtime/session.ts';
import { input, type Tensor } from '../src/engine/tensor.ts';
import { aboutOf, type ImageCache } from '../src/inference/image-cache.ts';
import { openImageCache } from '../src/inference/open-image-cache.ts';
import { openPredictor } from '../src/inference/open-predictor.ts';
import type { Predictor } from '../src/inference/predictor.ts';
import { ask as askCache } from '../src/inference/query/ask.ts';
import { openCacheWriter } from '../src/inference/store/writer.ts';
import { imageEncoder, poolTower, textEncoder } from '../src/model/dual-encoder.ts';
import { forward as forwardModel } from '../src/model/forward.ts';
import { inputsFor } from '../src/model/inputs.ts';
import { interaction } from '../src/model/interaction.ts';
import { createParams, initialWeights, type Params } from '../src/model/params.ts';
import { answeringPurpose } from '../src/model/purposes/answering.ts';
import { type Case, describe, random, randomFeeds } from './cases.ts';
import { load, pipeline, words } from './data-works.ts';
import { pretrain, startup, step, stepByInt8, waiting } from './training-works.ts';
import type { Setting, Work } from './work.ts';

/** A forward pass with the weights held by the session, as everything that only asks does it. */
const forward = async (
  options: Pick<CompileOptions, 'threads' | 'weightPrecision'>,
  feeds: Readonly<Record<string, Numbers>>,
  build: (p: Params) => Tensor,
): Promise<Work> => {
  const p = createParams();
  const out = build(p);
  const session = await compile({ out }, { weights: initialWeights(p, { seed: 0 }), ...options });
  return async () => {
    await session.run(feeds);
    return { loss: null };
  };
};

/** One question over so many cached images, whose cache is in the system's page cache too after the first run. */
const ask = async ({ case: given, batch, threads }: Setting): Promise<Work> => {
  const student = await openPredictor(createModel(describe('dide', given), 0), { threads });
  const cache = await randomCache(student, batch);
  return async () => {
    await askCache(student, cache, 'Is it red?', { top: 10 });
    return { loss: null };
  };
};

const randomCache = async (student: Predictor, images: number): Promise<ImageCache> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const entries = Array.from({ length: images }, (_, i) => ({
    path: `${i}.png`,
    bytes: 1,
    modified: 1,
    sha256: `${i}`,
  }));
  const about = aboutOf(student);
  await using writer = await openCacheWriter(folder, about);
  await writer.append(entries, random('shares', [images, about.width]).data);
  return openImageCache(folder);
};

/** A forward pass over words and patches in float32, and the same in int8. */
const encoders = <Name extends string>(name: Name, build: (given: Case, p: Params) => Tensor) => {
  const of =
    (weightPrecision: 'float32' | 'int8') =>
    ({ case: given, batch, threads }: Setting): Promise<Work> =>
      forward({ threads, weightPrecision }, randomFeeds(given, batch), (p) => build(given, p));
  return { [name]: of('float32'), [`${name}-int8`]: of('int8') } as Record<
    Name | `${Name}-int8`,
    ReturnType<typeof of>
  >;
};

/** Every work by name. Without a function of their own above: pairs to logits, one encoder alone, or f and the head. */
export const works = {
  step,
  'step-int8': stepByInt8,
  pretrain,
  'pretrain-once': pretrain,
  startup,
  ask,
  load,
  pipeline,
  words,
  waiting,
  ...encoders('teacher', (given, p) => forwardModel(describe('vilt', given), p, inputsFor(given.sizes)).logits),
  ...encoders('image', ({ sizes }, p) => poolTower(p, 'image', imageEncoder(p, inputsFor(sizes).images[0]!, sizes))),
  ...encoders('text', ({ sizes }, p) => poolTower(p, 'text', textEncoder(p, inputsFor(sizes).text, sizes))),
  answer: ({ case: given, batch, threads }) => {
    const { sizes } = given;
    const shape = [batch, sizes.width];
    const symbol = (name: string): Tensor => input(name, ['batch', sizes.width]);
    return forward({ threads }, { text: random('text', shape), image: random('image', shape) }, (p) =>
      answeringPurpose.logits!(describe('dide', given), p, [interaction(p, symbol('text'), symbol('image'))]),
    );
  },
} as const satisfies Record<string, (setting: Setting) => Promise<Work>>;

export type WorkName = keyof typeof works;
