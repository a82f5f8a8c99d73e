import type { Example, ImageSource } from '../../example.ts';
import type { ExampleTask } from '../format.ts';
import { recordExamples } from '../record.ts';

/** A file of a sample: its bytes are read when they are asked for. */
export interface SampleFile {
  readonly extension: string;
  readonly length: number;
  readonly read: () => Promise<Uint8Array>;
}

/** Files of one key that follow each other in a shard. */
export interface Sample {
  /** Shard and key, for errors: `00000.tar, 000000017`. */
  readonly where: string;
  readonly files: readonly SampleFile[];
}

const PICTURES = /(^|\.)(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** Longest JSON or text of a sample, in bytes. */
const LONGEST = 4 * 2 ** 20;

/** Key and extension of a member: a key ends at the first dot of the file's own name. */
export const keyOf = (name: string): readonly [key: string, extension: string] | undefined => {
  const found = /^((?:.*\/)?[^./]+)\.([^/]*)$/.exec(name);
  return found ? [found[1]!, found[2]!.toLowerCase()] : undefined;
};

/** Why a sample gives no example; a shard holds many, so one without a picture must not end a run. */
export interface Unusable {
  readonly unusable: string;
}

/**
 * The examples of a sample: its pictures, and `json`, `txt` and `cls` as fields of one row.
 *
 * @throws UserError for answers or labels that nobody knows: these are wrong everywhere, not in one sample.
 */
export const sampleExamples = async ({ where, files }: Sample, task: ExampleTask): Promise<Example[] | Unusable> => {
  const pictures = files
    .filter(({ extension }) => PICTURES.test(extension))
    .sort((a, b) => (a.extension < b.extension ? -1 : 1));
  const needed = task === 'nlvr2' ? 2 : 1;
  if (pictures.length < needed) return { unusable: `${where}: has ${pictures.length} pictures of ${needed}` };
  const images = pictures
    .slice(0, needed)
    .map(({ extension, read }): ImageSource => ({ name: `${where}.${extension}`, read }));
  const row = await rowOf(where, files);
  return 'unusable' in row ? (row as unknown as Unusable) : recordExamples({ where, row }, images, task);
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
