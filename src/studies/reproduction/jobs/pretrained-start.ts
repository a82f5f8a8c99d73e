import { MATCHING, unknownWords } from '../../../data.ts';
import { countOf } from '../../../engine.ts';
import { createModel, type Example, type Model, pretraining, retrieval } from '../../../index.ts';
import { type View, viewNames } from '../../scenes/views.ts';
import { understanding } from '../tasks.ts';
import { scenesOf } from './scenes.ts';

/** Every word of the scenes of all views, sorted. */
export const wordsOf = async (folder: string): Promise<string[]> => {
  const words = new Set<string>();
  for (const view of viewNames) {
    for (const word of unknownWords(await readingOfView[view](scenesOf(folder, view), 'train'))) words.add(word);
  }
  return [...words].sort();
};

const readingOfView: { readonly [V in View]: (path: string, split: string) => Promise<Example[]> } = {
  vqa: understanding.vqa.read,
  nlvr2: understanding.nlvr2.read,
  ve: understanding.ve.read,
  retrieval: retrieval.read,
  pretraining: pretraining.read,
};

/**
 * The shipped mini teacher, made ready for stage 1 on more words than it knows: a row of the word table for each new
 * one, and the heads of pre-training, all at random.
 */
export const beginningOf = (shipped: Model, vocabulary: readonly string[]): Model => {
  const known = shipped.config.vocabulary;
  const grown = [...known, ...vocabulary.filter((word) => !known.includes(word))];
  const { weights, config } = createModel(
    {
      ...shipped.config,
      sizes: { ...shipped.config.sizes, vocabulary: grown.length },
      vocabulary: grown,
      ...{ task: pretraining.name, images: pretraining.images, scoring: pretraining.scoring, answers: [...MATCHING] },
      recipe: {},
    },
    0,
  );
  for (const [name, { data, shape }] of weights) {
    const from = shipped.weights.get(name);
    // the word table has its new rows behind those that it had
    if (from && countOf(from.shape) <= countOf(shape)) data.set(from.data);
  }
  return { config, weights };
};
