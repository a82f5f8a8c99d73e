import type { Shapes } from './check-shapes.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { ourName, qkvIndex } from './rename-tensors.ts';

/** Tensors of a file under our names. */
export interface TensorPlan {
  readonly shapes: Shapes;
  /** Names in the file, by ours: one, or those of query, key and value in this order. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

/** Tensors of a file that are no part of its model: a counting buffer, and the teacher that a distilled run carries. */
const ignored = [/(^|\.)position_ids$/, /^teacher_model\./];

/**
 * Maps a file's tensors to our names. No numbers are read.
 *
 * @param head our name for the head that Hugging Face calls `classifier`.
 */
export const tensorPlan = ({ tensors }: Pick<WeightsFile, 'tensors'>, head = 'classifier'): TensorPlan => {
  const sources = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (ignored.some((rule) => rule.test(name))) continue;
    const ours = ourName(name, head);
    sources.set(ours, [...(sources.get(ours) ?? []), name]);
  }
  for (const names of sources.values()) names.sort((a, b) => qkvIndex(a) - qkvIndex(b));
  const shapes = [...sources].map(([ours, names]): [string, readonly number[]] => {
    const { shape } = tensors.get(names[0]!)!;
    const isSplit = qkvIndex(names[0]!) >= 0;
    return [ours, isSplit ? [shape[0]! * names.length, ...shape.slice(1)] : shape];
  });
  return { shapes: new Map(shapes), sources };
};

/** Whether tensors under our names are those of a dual encoder. */
export const hasTwoTowers = (shapes: Shapes): boolean =>
  [...shapes.keys()].some((name) => name.startsWith('image_encoder.'));
