import { MATCHING, SPECIAL_PIECES } from '../../data.ts';
import { type Model, pretraining } from '../../index.ts';
import { createConfig, createModel, mini, vilt } from '../../model.ts';
import { wordsOf } from '../scenes/vocabulary.ts';
import { miniWorld } from './mini-scenes.ts';

/** Seed of all weights that begin at random, and of the order of all data. */
export const SEED = 0;

/**
 * Factor of the initial position embeddings of patches, whose usual deviation is 0.02. The projection of a patch has
 * about 1 at the start, beside which places would stay unseen for thousands of updates.
 */
const POSITION_SCALE = 25;

/**
 * A fusion encoder of the mini size with random weights, the heads of pre-training and the words of its world. Patches
 * have position embeddings as large as their content.
 */
export const untrainedEncoder = (): Model => {
  const vocabulary = [...SPECIAL_PIECES, ...wordsOf(miniWorld)];
  // a third type: the second image of NLVR2
  const sizes = { ...mini, types: 3, vocabulary: vocabulary.length };
  const config = { architecture: vilt, task: pretraining, sizes, answers: [...MATCHING], vocabulary };
  const model = createModel(createConfig(config), SEED);
  const positions = model.weights.get('transformer.pos_embed')!;
  for (const [i, value] of positions.data.entries()) positions.data[i] = POSITION_SCALE * value;
  return model;
};
