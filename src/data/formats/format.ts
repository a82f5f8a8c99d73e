import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Example } from '../example.ts';

/** The kinds of examples that layouts hold; `retrieval` is any image with captions. */
export const exampleTasks = ['vqa', 'nlvr2', 've', 'retrieval'] as const;
export type ExampleTask = (typeof exampleTasks)[number];

/** How the examples of a layout are read. */
export interface ReadOptions {
  /** What to do where an annotation's image is not there: an error (default), or pass it over and say so. */
  readonly missing?: 'refuse' | 'skip' | undefined;
  /** Hears what was left out, a sentence each. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Which examples are wanted. */
export interface DatasetQuery extends Pick<ReadOptions, 'missing'> {
  readonly task: ExampleTask;
  /** `train`, `validation`, `test`, or a split's own name in its layout: `rest_val`, `test-dev2015`, `test1`. */
  readonly split: string;
}

/** The examples that a folder holds, and what was found there. */
export interface Dataset {
  /** The layout and its files: `VQAv2 JSON (v2_OpenEnded_mscoco_val2014_questions.json, …)`. */
  readonly layout: string;
  readonly examples: Example[];
  /** The answers in the order of the classifier, where the layout fixes them. */
  readonly answers?: readonly string[] | undefined;
  /** What was left out, a sentence each. */
  readonly notices: readonly string[];
  /** Annotations that were passed over since their image is not there; absent where a layout holds its images. */
  readonly missing?: number | undefined;
}

/** A layout of files on disk, as a value. */
export interface Format {
  readonly name: string;
  readonly tasks: readonly ExampleTask[];
  /** The files that it looks for, for the error that nothing was found. */
  readonly looksFor: (wanted: DatasetQuery) => readonly string[];
  /** Its examples, or undefined where the folder has another layout. @throws UserError where the layout is damaged. */
  readonly open: (path: string, wanted: DatasetQuery) => Promise<Dataset | undefined>;
  /** The answers in the order of the classifier, where this layout, and not its examples, says them. */
  readonly answers?: ((path: string) => Promise<readonly string[] | undefined>) | undefined;
}

/** The name of a split in a layout; a name that the table lacks is the layout's own. */
export const splitIn = (table: Readonly<Record<string, readonly string[]>>, split: string): readonly string[] =>
  table[split] ?? [split];

/** Says whether files are there; each folder is listed once, since a set has 100,000 pictures in one. */
export const createFinder = (root: string) => {
  const listed = new Map<string, Set<string>>();
  const has = (path: string): boolean => {
    const folder = dirname(path);
    if (!listed.has(folder)) listed.set(folder, new Set(namesIn(folder)));
    return listed.get(folder)!.has(basename(path));
  };
  /** The first of the paths, relative to the root, that is there; whole. */
  return (candidates: readonly string[]): string | undefined => candidates.map((path) => join(root, path)).find(has);
};

/** The names in a folder, sorted; none where there is no such folder. */
export const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

/** Images that annotations name and the disk lacks: an error that counts them, or a notice. */
export const createMissing = ({ missing = 'refuse' }: DatasetQuery) => {
  const all: string[] = [];
  return {
    add: (where: string, looked: readonly string[]): void => {
      all.push(`${where}: ${looked[0]}${looked.length > 1 ? ` (or ${looked.slice(1).join(', ')})` : ''}`);
    },
    count: (): number => all.length,
    /** @throws UserError when images are missing and may not be. */
    notices: (path: string): string[] => {
      if (all.length === 0) return [];
      const some = all.slice(0, 3).join('; ') + (all.length > 3 ? '; …' : '');
      const message = `${path}: ${all.length} annotations name images that are not there: ${some}`;
      if (missing === 'skip') return [`${message}: passed over.`];
      throw new UserError(`${message}: get them, or pass them over with missing: 'skip' (--missing skip).`);
    },
  };
};
