import { add, multiply } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Layer } from '../model/attention.ts';
import type { Stream } from '../model/outputs.ts';

/** A layer of the student and the teacher's layer that it is compared with; from 0, or from the end: -1 is the last. */
export interface LayerPair {
  readonly student: number;
  readonly teacher: number;
}

/** The last layers alone, which the method compares (Wang et al. 2022). */
export const lastLayers: readonly LayerPair[] = [{ student: -1, teacher: -1 }];

/**
 * Pairs every layer of the student with the teacher's layer at the same relative depth, the last with the last. Where
 * the depths differ, layers of the teacher are skipped, or taken twice, evenly.
 */
export const everyLayer = (studentDepth: number, teacherDepth: number): LayerPair[] =>
  Array.from({ length: studentDepth }, (_, student) => ({
    student,
    teacher: Math.ceil(((student + 1) * teacherDepth) / studentDepth) - 1,
  }));

/** Mean of a loss over pairs of layers. @throws Error where there are none. */
export const meanOverLayers = (pairs: readonly LayerPair[], loss: (pair: LayerPair) => Tensor): Tensor => {
  if (pairs.length === 0) throw new Error('layers: no pair of layers to compare: give at least one');
  const total = pairs.map(loss).reduce((a, b) => add(a, b));
  return pairs.length === 1 ? total : multiply(total, 1 / pairs.length);
};

/** Layer of a stream, counted from 0 or from the end. @throws Error where it has no such layer. */
export const layerAt = ({ layers }: Stream, at: number): Layer => {
  const layer = layers.at(at);
  if (layer) return layer;
  throw new Error(`layers: there is no layer ${at}: an encoder of ${layers.length} has 0 to ${layers.length - 1}`);
};
