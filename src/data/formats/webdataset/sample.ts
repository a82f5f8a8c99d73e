import { parseRecordJson } from '../../../files/json.ts';
import { RowError } from '../../../files/json-lines.ts';
import { textOf } from '../../../files/text.ts';
import type { Example, ImageSource } from '../../example.ts';
import type { RecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';
import { JSON_KINDS, partOf, type Sample, type SampleFile, TEXT_KINDS } from './parts.ts';
import { choosePictures } from './pictures.ts';

/** Bytes of the longest JSON or text of a sample that is read. */
const LONGEST = 4 * 2 ** 20;

/**
 * The examples of a sample: its images, and `json`, `txt` and `cls` (as `label`) as fields of one row. A text with a
 * name, `question.txt`, is the field of that name; a single one is the text, whatever its name.
 *
 * @throws RowError where it gives no example: a shard holds many, so one must not end a run.
 */
export const sampleExamples = async (
  { where, name, files }: Sample,
  shape: RecordShape,
  reader: RecordReader,
): Promise<Example[]> => {
  const chosen = choosePictures(files, shape);
  if ('unusable' in chosen) throw new RowError(`${where}: ${chosen.unusable}.`);
  const images = chosen.pictures.map(
    ({ extension, place, read }): ImageSource => ({ name: `${name}.${extension}`, read, place }),
  );
  const row = await rowOf(where, files);
  const used = chosen.pictures.map(({ extension }) => extension);
  return reader.read({ where, row, images, imageFields: used, otherImages: chosen.unused });
};

const rowOf = async (where: string, files: readonly SampleFile[]): Promise<Record<string, unknown>> => {
  const [row, named]: [Record<string, unknown>, string[]] = [{}, []];
  for (const { extension, place, read } of files.toSorted((a, b) => plainness(a) - plainness(b))) {
    const [name, kind] = partOf(extension);
    if (!JSON_KINDS.includes(kind) && !(kind in TEXT_KINDS)) continue;
    if (place.length > LONGEST) {
      throw new RowError(`${where}.${extension}: has ${place.length} bytes, where ${LONGEST} are read at most.`);
    }
    const text = textOf(await read());
    if (JSON_KINDS.includes(kind)) {
      Object.assign(row, parsed(text, `${where}.${extension}`));
      continue;
    }
    row[name === '' ? TEXT_KINDS[kind]! : name] = text.trim();
    if (name !== '' && kind !== 'cls') named.push(text.trim());
  }
  return named.length === 1 ? { txt: named[0], ...row } : row;
};

/** 1 for a part without a name: it counts for more than one with a name, and so is read after it. */
const plainness = ({ extension }: SampleFile): number => Number(partOf(extension)[0] === '');

const parsed = (text: string, where: string): object => {
  let value: unknown;
  try {
    value = parseRecordJson(text);
  } catch (cause) {
    throw new RowError(`${where}: is no JSON: ${text.slice(0, 60)}.`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new RowError(`${where}: is no JSON object: ${text.slice(0, 60)}.`);
};
