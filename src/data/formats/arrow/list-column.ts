import { UserError } from '../../../errors.ts';
import { offsetsIn, placesIn } from './numbers.ts';
import type { ArrowColumn, ColumnParts, ReadColumn } from './values.ts';

/** The range of the entries of each row among those of all rows. */
type Ranges = (row: number) => { readonly from: number; readonly to: number };

/**
 * The lists of a column: with offsets, with offsets and sizes (views), or of one size; maps are lists of pairs.
 *
 * @param read reads the column of the entries.
 * @throws UserError where entries are missing.
 */
export const listAt = async (parts: ColumnParts, read: ReadColumn): Promise<ArrowColumn['at']> => {
  const { field, buffers, length, where } = parts;
  const ranges = await rangesOf(parts);
  const [child] = field.children;
  if (!child) throw new UserError(`${where}: is a list of nothing: the file is damaged.`);
  const inner = await read(child, buffers, where);
  for (let row = 0; row < length; row += 1) {
    const { from, to } = ranges(row);
    if (!(from >= 0 && to >= from && to <= inner.length))
      throw new UserError(
        `${where}: list ${row} has entries ${from} to ${to} of ${inner.length}: the file is damaged.`,
      );
  }
  return (row) => {
    const { from, to } = ranges(row);
    return Array.from({ length: to - from }, (_, i) => inner.at(from + i));
  };
};

const rangesOf = async (parts: ColumnParts): Promise<Ranges> => {
  const { kind, size } = parts.field;
  if (kind === 'fixed-size list') return (row) => ({ from: row * size, to: (row + 1) * size });
  if (!kind.endsWith('view')) {
    const offsets = await offsetsIn(parts);
    return (row) => ({ from: offsets[row]!, to: offsets[row + 1]! });
  }
  const offsets = await placesIn(parts, parts.length);
  const sizes = await placesIn(parts, parts.length);
  return (row) => ({ from: offsets[row]!, to: offsets[row]! + sizes[row]! });
};
