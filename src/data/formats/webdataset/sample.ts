import type { Example, ImageSource } from '../../example.ts';
import type { RecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';

/** A file of a sample, whose bytes are read when they are asked for. */
export interface SampleFile {
  readonly extension: string;
  readonly length: number;
  readonly read: () => Promise<Uint8Array>;
}

/** The files of one key, which follow each other in a shard. */
export interface Sample {
  /** Shard and key, for errors: `00000.tar, 000000017`. */
  readonly where: string;
  readonly files: readonly SampleFile[];
}

const PICTURES = /(^|\.)(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** Bytes of the longest JSON or text of a sample that is read. */
const LONGEST = 4 * 2 ** 20;

/** Key and extension of a member of a shard: its key ends at the first dot of the file's own name. */
export const keyOf = (name: string): readonly [key: string, extension: string] | undefined => {
  const found = /^((?:.*\/)?[^./]+)\.([^/]*)$/.exec(name);
  return found ? [found[1]!, found[2]!.toLowerCase()] : undefined;
};

/** Why a sample gives no example. A shard holds many, so one without an image must not end a run. */
export interface Unusable {
  readonly unusable: string;
}

/**
 * The examples of a sample: its images, and `json`, `txt` and `cls` (as `label`) as fields of one row.
 *
 * @throws UserError for an answer that is none of the classes: it is likely to be wrong everywhere, not in one sample.
 */
export const sampleExamples = async (
  { where, files }: Sample,
  { images: needed }: RecordShape,
  reader: RecordReader,
): Promise<Example[] | Unusable> => {
  const pictures = files
    .filter(({ extension }) => PICTURES.test(extension))
    .sort((a, b) => (a.extension < b.extension ? -1 : 1));
  if (pictures.length < needed) return { unusable: `${where}: has ${pictures.length} pictures of ${needed}` };
  const images = pictures
    .slice(0, needed)
    .map(({ extension, read }): ImageSource => ({ name: `${where}.${extension}`, read }));
  const row = await rowOf(where, files);
  return 'unusable' in row ? (row as unknown as Unusable) : reader.read({ where, row, images });
};

const rowOf = async (where: string, files: readonly SampleFile[]): Promise<Record<string, unknown>> => {
  const row: Record<string, unknown> = {};
  for (const { extension, length, read } of files) {
    if (!['json', 'txt', 'cls'].includes(extension)) continue;
    if (length > LONGEST) return { unusable: `${where}.${extension}: has ${length} bytes` };
    const text = Buffer.from(await read()).toString('utf8');
    if (extension === 'json') Object.assign(row, parsed(text) ?? { unusable: `${where}.json: is no JSON object` });
    else row[extension === 'cls' ? 'label' : 'txt'] = text.trim();
  }
  return row;
};

const parsed = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
