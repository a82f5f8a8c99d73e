import { add, multiply } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Layer } from '../model/attention.ts';
import type { Stream } from '../model/outputs.ts';

/** A layer of the student and the layer of the teacher that it learns from; from 0, or from the end: -1 is the last. */
export interface LayerPair {
  readonly student: number;
  readonly teacher: number;
}

/** The method: the last layers alone (Wang et al. 2022). */
export const lastLayers: readonly LayerPair[] = [{ student: -1, teacher: -1 }];

/**
 * Every layer of the student, each with the teacher's that lies equally deep, the last with the last: layer by layer
 * where both are equally deep, otherwise the teacher's are passed over (or taken twice) evenly.
 */
export const everyLayer = (studentDepth: number, teacherDepth: number): LayerPair[] =>
  Array.from({ length: studentDepth }, (_, student) => ({
    student,
    teacher: Math.ceil(((student + 1) * teacherDepth) / studentDepth) - 1,
  }));

/** The mean of one term over pairs of layers. @throws Error where there are none. */
export const meanOverLayers = (pairs: readonly LayerPair[], term: (pair: LayerPair) => Tensor): Tensor => {
  if (pairs.length === 0) throw new Error('layers: no pair of layers to compare: give at least one');
  const total = pairs.map(term).reduce((a, b) => add(a, b));
  return pairs.length === 1 ? total : multiply(total, 1 / pairs.length);
};

/** A layer of a stream, from 0 or from the end. @throws Error where it has no such layer. */
export const layerAt = ({ layers }: Stream, at: number): Layer => {
  const layer = layers.at(at);
  if (layer) return layer;
  throw new Error(`layers: there is no layer ${at}: an encoder of ${layers.length} has 0 to ${layers.length - 1}`);
};
