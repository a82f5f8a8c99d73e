import { lstat, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeUnfinished, writeAtomically } from '../../files/atomic-write.ts';
import type { CacheEditor, ReadyImage } from '../../inference/cache-editor.ts';
import type { PreparedFile } from '../images/image-job.ts';
import { Problem } from '../problem.ts';
import { checkInside } from './image-paths.ts';

/** A new image: where it is to be, its bytes, and the same decoded. */
export interface Upload extends PreparedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A change of a store: an image to add, or the path of one to remove. */
export type Change = { readonly upload: Upload } | { readonly remove: string };

/** Whether an image was added; `unchanged` where it was there with the same bytes already. */
export type Outcome = 'added' | 'removed' | 'unchanged';

/** A change that somebody waits for. */
export interface Waiting {
  readonly change: Change;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** A store that is open for changes. */
export interface OpenStore {
  readonly editor: CacheEditor;
  /** Folder of the images. */
  readonly images: string;
  /** Folders of images whose half-written files are removed already. */
  readonly tidied: Set<string>;
  /** Paths of images whose files are written, and whose entries are not yet. */
  written: string[];
}

interface Fresh {
  readonly image: ReadyImage;
  /** Everybody who waits for it: the same image may be sent twice at once. */
  readonly askers: Waiting[];
}

/** Makes changes together, and tells everybody who waits for one how it went. @throws what `CacheEditor` throws. */
export const makeChanges = async (batch: readonly Waiting[], store: OpenStore): Promise<void> => {
  const fresh = new Map<string, Fresh>();
  for (const one of batch) await begin(one, fresh, store).catch(one.reject);
  if (fresh.size > 0) await store.editor.add([...fresh.values()].map(({ image }) => image));
  store.written = [];
  for (const { askers } of fresh.values())
    for (const [i, { resolve }] of askers.entries()) resolve(i === 0 ? 'added' : 'unchanged');
};

const begin = async (one: Waiting, fresh: Map<string, Fresh>, store: OpenStore): Promise<void> => {
  if ('remove' in one.change) {
    await remove(one.change.remove, store);
    one.resolve('removed');
    return;
  }
  const { upload } = one.change;
  const twin = fresh.get(upload.path);
  const known = twin?.image.file.sha256 ?? store.editor.shaOf(upload.path);
  if (known !== undefined && known !== upload.sha256) throw isTaken(upload.path);
  if (twin) twin.askers.push(one);
  else if (known !== undefined) one.resolve('unchanged');
  else fresh.set(upload.path, { image: await writeFile(upload, store), askers: [one] });
};

/** Writes the file of an image. → its entry */
const writeFile = async ({ path, bytes, taken, sha256, picture }: Upload, store: OpenStore): Promise<ReadyImage> => {
  const place = join(store.images, path);
  const folder = dirname(place);
  await checkInside(store.images, folder);
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' || error.code === 'ENOTDIR' ? isTaken(path) : error;
  });
  if (!store.tidied.has(folder)) await removeUnfinished(folder);
  store.tidied.add(folder);
  // a file without an entry is left where a process was killed between the two
  const there = await lstat(place).catch(() => undefined);
  if (there && !(there.isFile() && there.size === bytes.length && (await readFile(place)).equals(bytes)))
    throw isTaken(path);
  if (!there) {
    store.written.push(path);
    await writeAtomically(place, (append) => append(bytes));
  }
  const { mtimeMs } = await stat(place);
  return { file: { path, bytes: bytes.length, modified: mtimeMs, taken, sha256 }, picture };
};

const isTaken = (path: string): Problem =>
  new Problem(409, `${path}: another file is there: give another path, or delete that image first`);

const remove = async (path: string, { editor, images }: OpenStore): Promise<void> => {
  if (editor.shaOf(path) === undefined) throw new Problem(404, `${path}: no image of this path is cached`);
  const place = join(images, path);
  await checkInside(images, dirname(place));
  await editor.remove([path]);
  await rm(place, { force: true });
};
