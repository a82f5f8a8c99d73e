import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { removeUnfinished } from '../files/atomic-write.ts';
import { makeFolder } from '../files/disk-errors.ts';
import { takeLock } from '../files/lock.ts';
import { finishReplacing, replaceTogether } from '../files/replace-together.ts';

/** Names of the manifests of an ONNX export: of a student, and of a fusion encoder. */
export const manifests = ['student.json', 'teacher.json'] as const;

/** A kind of export, and the files beside which it would be misread. */
export interface ExportKind {
  /** Name of the export, for messages. */
  readonly name: string;
  /** Names of files that it does not write, and that whoever loads the folder would read in place of its own. */
  readonly misleading: readonly string[];
}

/** ONNX files, whose vocab.txt and tokenizer_config.json would take the place of a transformers model's. */
export const onnxKind: ExportKind = { name: 'an ONNX export', misleading: ['config.json'] };

/** A folder for `from_pretrained`, which prefers each of these files to those that are written. */
export const huggingFaceKind: ExportKind = {
  name: 'a model for transformers',
  misleading: [
    ...manifests,
    ...['tokenizer.json', 'special_tokens_map.json', 'added_tokens.json', 'processor_config.json'],
    ...['model.safetensors.index.json', 'adapter_config.json'],
  ],
};

/**
 * Writes the files of an export, all or none, while no other process exports there. They take the place of those of an
 * earlier export, whose other files go.
 *
 * @param write writes the files into the folder that it is given.
 * @throws LockedError where another process exports there. UserError where the folder holds files beside which the
 *   export would be misread, or the disk refuses.
 */
export const writeExport = async <Written>(
  folder: string,
  { name, misleading }: ExportKind,
  write: (into: string) => Promise<Written>,
): Promise<Written> => {
  await makeFolder(folder);
  const unlock = await takeLock(join(folder, 'export.lock'), folder);
  try {
    const names = await readdir(folder);
    const other = misleading.find((one) => names.includes(one));
    if (other !== undefined)
      throw new UserError(`${folder}: it holds ${other}, beside which ${name} would be misread: give another folder`);
    await removeUnfinished(folder);
    await finishReplacing(folder);
    const before = await exportedBefore(folder);
    let result: { readonly written: Written; readonly names: readonly string[] } | undefined;
    await replaceTogether(folder, async (into) => {
      result = { written: await write(into), names: await readdir(into) };
    });
    const { written, names: now } = result!;
    for (const stale of before.filter((one) => !now.includes(one))) await rm(join(folder, stale), { force: true });
    return written;
  } finally {
    await unlock();
  }
};

/** Files of an earlier ONNX export, by its manifests. */
const exportedBefore = async (folder: string): Promise<string[]> => {
  const all: string[] = [];
  for (const name of manifests) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    const files = text === undefined ? undefined : filesIn(text);
    if (files) all.push(name, ...files);
  }
  return all;
};

/** Names of the ONNX files in the text of a manifest; undefined where it is none. */
const filesIn = (text: string): string[] | undefined => {
  try {
    const { precision, files } = JSON.parse(text) as { readonly precision?: unknown; readonly files?: object };
    return precision === undefined ? undefined : Object.keys(files ?? {}).filter((name) => /^\w+\.onnx$/.test(name));
  } catch {
    return undefined;
  }
};
