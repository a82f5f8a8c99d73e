import { parquetSchema, type SchemaTree } from 'hyparquet';
import { holdsPicture } from '../../pictures/kinds.ts';
import { type ParquetFile, readRows } from './file.ts';

/** Columns, other than those of the images, that are not read, since they hold files and would fill the memory. */
interface FileColumns {
  /** Columns whose values are pictures, by the first bytes of the first one in the first row group. */
  readonly pictures: readonly string[];
  /** Columns whose values are structs or lists with other bytes, such as sounds. */
  readonly others: readonly string[];
}

/** Finds the columns that hold files, other than those of the images. A column of bytes alone may be one of texts. */
export const fileColumns = async (file: ParquetFile, imageFields: readonly string[]): Promise<FileColumns> => {
  const ofBytes = parquetSchema(file.metadata).children.filter(hasBytes);
  const [pictures, others]: [string[], string[]] = [[], []];
  for (const { element, children } of ofBytes) {
    const { name } = element;
    if (imageFields.includes(name)) continue;
    const rows = file.groups[0] ? await readRows(file, [name], file.groups[0]) : [];
    const first = rows.map((row) => bytesIn(row[name])).find((bytes) => bytes !== undefined && bytes.length > 0);
    if (first && holdsPicture(first)) pictures.push(name);
    else if (children.length > 0) others.push(name);
  }
  return { pictures, others };
};

/** Whether a column holds, somewhere, bytes that are not said to be texts or numbers. */
const hasBytes = ({ element, children }: SchemaTree): boolean =>
  children.length > 0
    ? children.some(hasBytes)
    : element.type === 'BYTE_ARRAY' && element.converted_type === undefined && element.logical_type === undefined;

/** The first bytes in a value; undefined where there are none. */
const bytesIn = (value: unknown): Uint8Array | undefined => {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const bytes = bytesIn(inner);
    if (bytes) return bytes;
  }
  return undefined;
};
