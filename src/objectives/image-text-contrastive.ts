import { add, eye, multiply, transposeLast } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { crossEntropy } from './hard-labels.ts';
import type { Objective } from './objective.ts';

/** Similarity of every image and every text of a batch: [images, texts], scaled by the temperature. */
export interface Similarity {
  readonly similarity: Tensor;
}

/**
 * Image-text contrast: each image must find its own text among all texts of the batch, and each text its image.
 *
 *   L_ITC = ½ (CE of the rows + CE of the columns), matched pairs on the diagonal        Wang et al. 2022; VLMo code
 *
 * similarity [batch, batch] → scalar
 */
export const imageTextContrastive = (({ similarity }: Similarity) =>
  multiply(add(imageToText(similarity), imageToText(transposeLast(similarity))), 0.5)) satisfies Objective<Similarity>;

/** Cross entropy of the rows alone: each image must find its text. similarity [batch, batch] → scalar */
export const imageToText = (similarity: Tensor): Tensor => crossEntropy(similarity, eye(similarity.shape[0]!));

/** Similarities of the images and texts of one process with those of all processes. */
export interface SharedSimilarity {
  /** Similarities of each image that is here to every text of all processes: [rows, pairs]. */
  readonly images: Tensor;
  /** Similarities of each text that is here to every image of all processes: [rows, pairs]. */
  readonly texts: Tensor;
  /** 1 for the matched pair of each row, otherwise 0: [rows, pairs]. */
  readonly matched: Tensor;
}

/** Image-text contrast of the rows that are here against the columns of all. → scalar, the mean over these rows */
export const sharedContrastive = ({ images, texts, matched }: SharedSimilarity): Tensor =>
  multiply(add(crossEntropy(images, matched), crossEntropy(texts, matched)), 0.5);
