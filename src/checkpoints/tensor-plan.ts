import type { Shapes } from './check-shapes.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { ourName } from './rename-tensors.ts';

/** Tensors of a file under our names. */
export interface TensorPlan {
  readonly shapes: Shapes;
  /** Names in the file, by ours: one, or those of query, key and value. */
  readonly from: ReadonlyMap<string, readonly string[]>;
}

/** Tensors of a file that are no part of its model: a counting buffer, and the teacher that a distilled run carries. */
const dropped = [/(^|\.)position_ids$/, /^teacher_model\./];

/**
 * Maps a file's tensors to our names. None is read.
 *
 * @param head name for the head that Hugging Face calls `classifier`.
 */
export const tensorPlan = ({ tensors }: Pick<WeightsFile, 'tensors'>, head = 'classifier'): TensorPlan => {
  const from = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (dropped.some((rule) => rule.test(name))) continue;
    const ours = ourName(name, head);
    from.set(ours, [...(from.get(ours) ?? []), name]);
  }
  const shapes = [...from].map(([ours, names]): [string, readonly number[]] => {
    const { shape } = tensors.get(names[0]!)!;
    const isSplit = ours.includes('.attn.qkv.') && !names[0]!.includes('qkv');
    return [ours, isSplit ? [shape[0]! * names.length, ...shape.slice(1)] : shape];
  });
  return { shapes: new Map(shapes), from };
};

/** Whether the weights have two towers. */
export const hasTwoTowers = (shapes: Shapes): boolean =>
  [...shapes.keys()].some((name) => name.startsWith('image_encoder.'));
