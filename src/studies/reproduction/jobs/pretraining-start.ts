import { MATCHING, unknownWords } from '../../../data.ts';
import { countOf } from '../../../engine.ts';
import { type Example, type Model, pretraining, retrieval } from '../../../index.ts';
import { createConfig, createModel } from '../../../model.ts';
import { type View, viewNames } from '../../scenes/views.ts';
import { understanding } from '../tasks.ts';
import { scenesFolder } from './scenes.ts';

/** All words of the training scenes of all views, sorted. */
export const sceneWords = async (folder: string): Promise<string[]> => {
  const words = new Set<string>();
  for (const view of viewNames) {
    for (const word of unknownWords(await readers[view](scenesFolder(folder, view), 'train'))) words.add(word);
  }
  return [...words].sort();
};

const readers: { readonly [V in View]: (path: string, split: string) => Promise<Example[]> } = {
  vqa: understanding.vqa.read,
  nlvr2: understanding.nlvr2.read,
  ve: understanding.ve.read,
  retrieval: retrieval.read,
  pretraining: pretraining.read,
};

/**
 * The shipped mini teacher with the heads of pre-training and a larger vocabulary. The new heads and the embeddings of
 * the new words, which follow those of the known ones, are random.
 */
export const pretrainingStart = (shippedTeacher: Model, words: readonly string[]): Model => {
  const { architecture, vocabulary: known, sizes } = shippedTeacher.config;
  const vocabulary = [...known, ...words.filter((word) => !known.includes(word))];
  const { weights, config } = createModel(
    createConfig({
      ...{ architecture, task: pretraining, answers: [...MATCHING], vocabulary },
      sizes: { ...sizes, vocabulary: vocabulary.length },
    }),
    0,
  );
  for (const [name, { data, shape }] of weights) {
    const trained = shippedTeacher.weights.get(name);
    if (trained && countOf(trained.shape) <= countOf(shape)) data.set(trained.data);
  }
  return { config, weights };
};
