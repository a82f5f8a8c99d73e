import { collate } from '../data/batch.ts';
import type { Numbers } from '../engine/numbers.ts';
import { encodeWords } from './encode-text.ts';
import type { KeptFeatures } from './kept-features.ts';
import type { Predictor } from './predictor.ts';

/** Cost in answers of keeping features as smaller numbers, measured on some of the images themselves. */
export interface PrecisionCost {
  /** Images whose answers were compared. */
  readonly images: number;
  /** Questions, or of a student of retrieval texts, that each was asked. */
  readonly questions: number;
  /** Mean and largest difference of a probability, or of a cosine. */
  readonly mean: number;
  readonly largest: number;
}

/** Questions by which it is measured: what is asked of images everywhere. */
const QUESTIONS = ['what is this?', 'is there a person?', 'what color is it?', 'how many are there?'];

/** Compares all answers to some questions over features as they are kept with those over the features themselves. */
export const precisionCost = async (
  student: Predictor,
  exact: Numbers<Float32Array>,
  kept: KeptFeatures,
): Promise<PrecisionCost> => {
  const { config } = student;
  const words = QUESTIONS.map((text, i) => ({
    id: `${i}`,
    words: encodeWords(student, { id: 'question', text }),
    images: [],
  }));
  const feeds = collate(words, config.sizes);
  const texts = await student.textFeatures({ words: feeds.words!, word_mask: feeds.word_mask! });
  const wanted = probabilities(student, await student.scanFeatures(texts, { kind: 'float', shares: exact }));
  const found = probabilities(student, await student.scanFeatures(texts, kept));
  let [sum, largest] = [0, 0];
  for (const [i, probability] of wanted.entries()) {
    const difference = Math.abs(probability - found[i]!);
    sum += difference;
    largest = Math.max(largest, difference);
  }
  return { images: exact.shape[0]!, questions: QUESTIONS.length, mean: sum / wanted.length, largest };
};

/** Probability of every answer; of a student of retrieval, the cosines themselves. */
const probabilities = ({ config }: Predictor, { shape, data }: Numbers<Float32Array>): Float64Array => {
  if (!config.purpose.logits) return Float64Array.from(data);
  if (config.scoring === 'sigmoid') return Float64Array.from(data, (logit) => 1 / (1 + Math.exp(-logit)));
  const columns = shape[1]!;
  const all = Float64Array.from(data, Math.exp);
  for (let start = 0; start < all.length; start += columns) {
    const row = all.subarray(start, start + columns);
    const sum = row.reduce((total, one) => total + one, 0);
    for (let i = 0; i < columns; i += 1) row[i]! /= sum;
  }
  return all;
};
