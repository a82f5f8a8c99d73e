import { collateAnswers, type Feeds } from '../data/batch.ts';
import { imageName } from '../data/example.ts';
import { hardPairs, MATCHING } from '../data/pairs.ts';
import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
import { generator, keyOf } from '../engine/random.ts';
import { compile } from '../engine/session.ts';
import { UserError } from '../errors.ts';
import { createParams } from '../layers/params.ts';
import { pretrainingInputs } from '../models/pretrained.ts';
import type { Description } from '../weights/description.ts';
import { pretrainedBy } from '../weights/pretrained.ts';
import type { Choosing } from './stage.ts';

interface HardOptions {
  readonly description: Description;
  readonly seed: number;
  readonly threads?: number;
}

/**
 * Chooses the images that texts are to be matched with by how alike the learner finds them now (`hardPairs`): each batch
 * is encoded once more before it is learnt from, by both towers, without dropout and without a gradient. So it costs a
 * forward pass of the learner's share in L_ITC, and never an image more to decode: negatives are images of the batch.
 *
 * @throws UserError where the learner has no space in which images and texts are compared.
 */
export const openHardNegatives = async (
  parameters: Weights,
  { description, seed, threads }: HardOptions,
): Promise<Choosing> => {
  const { similarity } = pretrainedBy(description, createParams(), pretrainingInputs(description.sizes));
  if (!similarity) {
    throw new UserError(
      `hard negatives: a ${description.model} has no vectors of images and texts to compare: give random negatives, or a dide`,
    );
  }
  const session = await compile({ similarity }, { parameters, ...(threads === undefined ? {} : { threads }) });
  return {
    feeds: async ({ feeds, examples }, number) => {
      const names = examples.map(({ images }) => imageName(images[0]!));
      const results = await session.run<'similarity'>(feeds);
      const chosen = hardPairs(results.similarity, names, generator(keyOf(seed, 'pairs', number)));
      return { ...secondImages(feeds, chosen), target: targetOf(chosen) };
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};

const targetOf = (chosen: readonly number[]): Numbers => {
  const asked = chosen.map((image, text) => ({
    id: String(text),
    answers: [{ answer: MATCHING[image === text ? 1 : 0], score: 1 }],
  }));
  return collateAnswers(asked, MATCHING);
};

/** The chosen images of a batch, as the second ones of its texts. */
const secondImages = (feeds: Feeds, chosen: readonly number[]): Feeds =>
  Object.fromEntries(
    ['patches', 'patch_mask', 'patch_positions'].map((name) => [`${name}_2`, rowsOf(feeds[name]!, chosen)]),
  );

const rowsOf = ({ shape, data }: Numbers, rows: readonly number[]): Numbers => {
  const width = countOf(shape.slice(1));
  const taken = new Float32Array(rows.length * width);
  for (const [to, from] of rows.entries()) taken.set(data.subarray(from * width, (from + 1) * width), to * width);
  return { shape: [rows.length, ...shape.slice(1)], data: taken };
};
