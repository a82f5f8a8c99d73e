import { holdsPicture } from '../../pictures/kinds.ts';
import { readArrow } from './file.ts';
import { type ArrowField, isPlain, LISTS } from './schema.ts';
import type { ArrowBytes, ArrowValue } from './values.ts';

/** Names of those of some columns whose values are pictures, by the first bytes of the first one in the first batch. */
export const otherPictureColumns = async (path: string, fields: readonly ArrowField[]): Promise<string[]> => {
  const columns = fields.filter(isOfBytes).map(({ name }) => name);
  if (columns.length === 0) return [];
  const found: string[] = [];
  for await (const batch of readArrow(path, columns)) {
    for (const name of columns) {
      const column = batch.columns.get(name)!;
      const [first] = Array.from({ length: batch.rows }, (_, i) => bytesIn(column.at(i))).flat();
      if (first && holdsPicture(await first.read())) found.push(name);
    }
    break;
  }
  return found;
};

const BYTES: readonly string[] = ['binary', 'large binary', 'binary view'];

/** Whether values of a field are bytes, or lists and structs with bytes and nothing else that is not read. */
const isOfBytes = (field: ArrowField): boolean =>
  BYTES.includes(field.kind) ||
  ([...LISTS, 'struct'].includes(field.kind) &&
    field.children.some(isOfBytes) &&
    field.children.every((one) => isPlain(one) || isOfBytes(one)));

/** The bytes in a value, which are still in the file. */
const bytesIn = (value: ArrowValue): ArrowBytes[] => {
  if (typeof value !== 'object' || value === null) return [];
  if ('read' in value) return [value];
  return Object.values<ArrowValue>('fields' in value ? value.fields : value).flatMap(bytesIn);
};
