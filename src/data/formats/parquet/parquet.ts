import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../../../errors.ts';
import type { Example, ImageSource, StoredImage } from '../../example.ts';
import { type ExampleTask, exampleTasks, type Format, namesIn, splitIn } from '../format.ts';
import { hasText, recordExamples } from '../record.ts';
import { openParquet, type ParquetFile, readRows } from './file.ts';

const SPLITS = {
  train: ['train'],
  validation: ['validation', 'val', 'dev', 'valid'],
  test: ['test', 'test1'],
};

const FOLDERS = ['data', '.', 'default'];

/**
 * Parquet files as the Hugging Face hub keeps data sets: `data/train-00000-of-00004.parquet`, pictures as struct{bytes,
 * path}. Fields are those of the cards of VQAv2, Flickr30k and SNLI-VE on the hub; a class label is told by its name.
 * Files that hold every split in a column `split` are read too.
 *
 * Pictures are compressed together, a row group at a time, so shuffled reading decodes a group for one of them: the last
 * few groups are kept, and `dide convert` makes shards in which each picture stands alone.
 */
export const parquet: Format = {
  name: 'parquet as on the Hugging Face hub',
  tasks: exampleTasks,
  looksFor: ({ split }) => [`data/${split}-00000-of-00001.parquet`, `${split}.parquet`],
  open: async (path, { task, split }) => {
    const files = filesOf(path, splitIn(SPLITS, split));
    if (files.length === 0) return undefined;
    const keep = createGroups();
    const examples: Example[] = [];
    for (const file of files) examples.push(...(await examplesOf(await openParquet(file), { task, split, keep })));
    return { layout: `${parquet.name} (${files.map((file) => basename(file)).join(', ')})`, examples, notices: [] };
  },
};

const filesOf = (path: string, splits: readonly string[]): string[] => {
  if (statSync(path).isFile()) return path.endsWith('.parquet') ? [path] : [];
  for (const folder of FOLDERS) {
    const names = namesIn(join(path, folder)).filter((name) => name.endsWith('.parquet'));
    const ofSplit = names.filter((name) =>
      splits.some((split) => name === `${split}.parquet` || name.startsWith(`${split}-`)),
    );
    if (ofSplit.length) return ofSplit.map((name) => join(path, folder, name));
  }
  return [];
};

interface Read {
  readonly task: ExampleTask;
  readonly split: string;
  readonly keep: ReturnType<typeof createGroups>;
}

const IMAGES: Readonly<Record<'one' | 'two', readonly (readonly string[])[]>> = {
  one: [['image'], ['img'], ['jpg'], ['picture']],
  two: [
    ['image_0', 'image_1'],
    ['left_image', 'right_image'],
    ['image_left', 'image_right'],
  ],
};

const examplesOf = async (file: ParquetFile, { task, split, keep }: Read): Promise<Example[]> => {
  const pictures = IMAGES[task === 'nlvr2' ? 'two' : 'one'].find((names) =>
    names.every((name) => file.columns.includes(name)),
  );
  const others = file.columns.filter((name) => !pictures?.includes(name));
  if (!pictures || !hasText(others, task)) {
    throw new UserError(
      `${file.path}: has ${file.columns.join(', ')}: no ${pictures ? 'text' : 'image'} for ${task}: check the task.`,
    );
  }
  const classes = classesOf(file);
  const examples: Example[] = [];
  for (const group of file.groups) {
    const rows = await readRows(file, others, group);
    for (const [i, row] of rows.entries()) {
      if (!isOf(row.split, split)) continue;
      const where = `${basename(file.path)}:${group.from + i + 1}`;
      const images = pictures.map((column): ImageSource => {
        const name = `${where}${pictures.length > 1 ? ` ${column}` : ''}`;
        return pictureOf({ file, column, group, row: i }, name, keep);
      });
      examples.push(...recordExamples({ where, row: named(row, classes) }, images, task));
    }
  }
  return examples;
};

/** A row's own word on its split counts where it has one of the usual names. */
const isOf = (own: unknown, split: string): boolean => {
  if (typeof own !== 'string' || !Object.values(SPLITS).flat().includes(own)) return true;
  const files = splitIn(SPLITS, split);
  return files.includes(own) || !Object.keys(SPLITS).includes(split);
};

/** The names of class labels, which the datasets library writes into the footer. */
const classesOf = ({ metadata, path }: ParquetFile): ReadonlyMap<string, readonly string[]> => {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  const classes = new Map<string, readonly string[]>();
  for (const [name, feature] of Object.entries(featuresIn(text, path))) {
    const names = typeof feature === 'object' && feature !== null && 'names' in feature ? feature.names : undefined;
    if (Array.isArray(names) && names.every((one): one is string => typeof one === 'string')) classes.set(name, names);
  }
  return classes;
};

const featuresIn = (text: string | undefined, path: string): object => {
  try {
    const { info } = JSON.parse(text ?? '{}') as { info?: { features?: object | undefined } | undefined };
    return info?.features ?? {};
  } catch (cause) {
    throw new UserError(`${path}: its description of features is no JSON: the file is damaged: get it again.`, {
      cause,
    });
  }
};

const named = (
  row: Record<string, unknown>,
  classes: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> => {
  const entries = [...classes].flatMap(([name, names]) => {
    const label = names[Number(row[name])];
    return label === undefined ? [] : [[name, label] as const];
  });
  return { ...row, ...Object.fromEntries(entries) };
};

interface Place {
  readonly file: ParquetFile;
  readonly column: string;
  readonly group: { readonly from: number; readonly to: number };
  /** Of the group, from 0. */
  readonly row: number;
}

const pictureOf = ({ file, column, group, row }: Place, name: string, keep: Read['keep']): StoredImage => ({
  name,
  read: async () => {
    const rows = await keep(`${file.path} ${group.from} ${column}`, () => readRows(file, [column], group));
    const picture = rows[row]![column];
    const bytes = typeof picture === 'object' && picture !== null && 'bytes' in picture ? picture.bytes : picture;
    if (bytes instanceof Uint8Array) return bytes;
    throw new UserError(
      `${name}: holds no bytes of a picture, only its path: embed the pictures, or keep them as files.`,
    );
  },
});

/** Row groups that are kept, as many as a loader reads at the same time. */
const KEPT = 4;

const createGroups = () => {
  const kept = new Map<string, Promise<Record<string, unknown>[]>>();
  return (key: string, read: () => Promise<Record<string, unknown>[]>): Promise<Record<string, unknown>[]> => {
    const rows = kept.get(key) ?? read();
    kept.delete(key);
    kept.set(key, rows);
    rows.catch(() => kept.delete(key));
    for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
    return rows;
  };
};
