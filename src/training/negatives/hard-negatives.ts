import { imageName } from '../../data/pictures/image-name.ts';
import type { Weights } from '../../engine/numbers.ts';
import { generator, keyOf } from '../../engine/random.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { UserError } from '../../errors.ts';
import type { ModelConfig } from '../../model/config.ts';
import { createParams } from '../../model/params.ts';
import { forwardPretraining, pretrainingInputs } from '../../model/purposes/pretraining.ts';
import { alone, type Processes } from '../../processes/processes.ts';
import { openSharedNegatives } from '../shared/hard-negatives.ts';
import type { ExtraFeeds } from '../stages/stage.ts';
import { collatePairs, hardPairs } from './matching-pairs.ts';

/** Options of `openHardNegatives`. */
interface HardNegativeOptions {
  readonly config: ModelConfig;
  readonly seed: number;
  readonly threads?: number | undefined;
  /** Processes that share the batches. Default: none do. */
  readonly processes?: Processes | undefined;
}

/**
 * Chooses unmatched images by how similar the model finds them to the text now (`hardPairs`). Each batch is encoded
 * once more before its update, by both towers, without dropout and without a gradient: that costs a forward pass of the
 * towers, and no further image to decode, since negatives are images of the batch.
 *
 * @throws UserError where the model is a fusion encoder, which compares no images and texts alone.
 */
export const openHardNegatives = async (
  parameters: Weights,
  { config, seed, threads, processes = alone }: HardNegativeOptions,
): Promise<ExtraFeeds> => {
  const { similarity, contrast } = forwardPretraining(config, createParams(), pretrainingInputs(config.sizes));
  if (!similarity || !contrast) {
    throw new UserError(
      `hard negatives: a ${config.architecture.name} has no vectors of images and texts to compare: give random negatives, or a dide`,
    );
  }
  if (processes.size > 1) return openSharedNegatives(parameters, contrast, { seed, processes, threads });
  const session = await compile({ similarity }, { parameters, threads });
  return {
    feeds: async ({ feeds, examples }, number) => {
      const names = examples.map(({ images }) => imageName(images[0]!));
      const results = await session.run<'similarity'>(feeds);
      const chosen = hardPairs(results.similarity, names, generator(keyOf(seed, 'pairs', number)));
      return { feeds: collatePairs(chosen) };
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};
