import { parseRecordJson } from '../../../files/json.ts';
import { textOf } from '../../../files/text.ts';
import type { Example, ImageSource } from '../../example.ts';
import type { RecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';
import { JSON_KINDS, partOf, type Sample, type SampleFile, TEXT_KINDS } from './parts.ts';
import { choosePictures } from './pictures.ts';

/** Bytes of the longest JSON or text of a sample that is read. */
const LONGEST = 4 * 2 ** 20;

/** Why a sample gives no example. A shard holds many, so one without an image must not end a run. */
export interface Unusable {
  readonly unusable: string;
}

/** The examples of a sample, and the extensions of its pictures that they are not about. */
export interface SampleExamples {
  readonly examples: readonly Example[];
  readonly unused: readonly string[];
}

/**
 * The examples of a sample: its images, and `json`, `txt` and `cls` (as `label`) as fields of one row. A text with a
 * name, `question.txt`, is the field of that name; a single one is the text, whatever its name.
 *
 * @throws UserError for an answer that is none of the classes: it is likely to be wrong everywhere, not in one sample.
 */
export const sampleExamples = async (
  { where, name, files }: Sample,
  shape: RecordShape,
  reader: RecordReader,
): Promise<SampleExamples | Unusable> => {
  const chosen = choosePictures(files, shape);
  if ('unusable' in chosen) return { unusable: `${where}: ${chosen.unusable}` };
  const images = chosen.pictures.map(
    ({ extension, place, read }): ImageSource => ({ name: `${name}.${extension}`, read, place }),
  );
  const row = await rowOf(where, files);
  if ('unusable' in row) return row as unknown as Unusable;
  return { examples: reader.read({ where, row, images }), unused: chosen.unused };
};

const rowOf = async (where: string, files: readonly SampleFile[]): Promise<Record<string, unknown>> => {
  const [row, named]: [Record<string, unknown>, string[]] = [{}, []];
  for (const { extension, place, read } of files.toSorted((a, b) => plainness(a) - plainness(b))) {
    const [name, kind] = partOf(extension);
    if (!JSON_KINDS.includes(kind) && !(kind in TEXT_KINDS)) continue;
    if (place.length > LONGEST) return { unusable: `${where}.${extension}: has ${place.length} bytes` };
    const text = textOf(await read());
    if (JSON_KINDS.includes(kind)) {
      Object.assign(row, parsed(text) ?? { unusable: `${where}.${extension}: is no JSON object` });
      continue;
    }
    row[name === '' ? TEXT_KINDS[kind]! : name] = text.trim();
    if (name !== '' && kind !== 'cls') named.push(text.trim());
  }
  return named.length === 1 ? { txt: named[0], ...row } : row;
};

/** 1 for a part without a name: it counts for more than one with a name, and so is read after it. */
const plainness = ({ extension }: SampleFile): number => Number(partOf(extension)[0] === '');

const parsed = (text: string): object | undefined => {
  try {
    const value = parseRecordJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
