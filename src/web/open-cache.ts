import { UserError } from '../errors.ts';
import {
  allPlaces,
  type ImageCache,
  imageCacheOf,
  type KeptBlock,
  type KeptOptions,
} from '../inference/image-cache.ts';
import {
  arraysIn,
  type Columns,
  columnsFrom,
  ENTRY,
  HEAD,
  MAGIC_WORD,
  type TextsIn,
} from '../inference/store/column-arrays.ts';
import { cacheFiles } from '../inference/store/file-names.ts';
import { parseAbout, rowsOf } from '../inference/store/manifest.ts';
import { type ReadingOptions, readSource } from './fetched.ts';

/**
 * Opens a cache of images that lies on a host of files, as `dide site` writes it: all of it is loaded, about a kilobyte an
 * image.
 *
 * @param address of the folder, relative ones from the page.
 * @throws UserError where a file cannot be had, or is none of a cache.
 */
export const openImageCache = async (address: string | URL, options: ReadingOptions = {}): Promise<ImageCache> => {
  const folder = `${address}`.replace(/\/*$/, '/');
  const about = parseAbout(await readJson(`${folder}${cacheFiles.about}`, options), `${folder}${cacheFiles.about}`);
  const format = rowsOf(about);
  const columns = columnsIn(
    await readSource(`${folder}${cacheFiles.columns}`, options),
    `${folder}${cacheFiles.columns}`,
  );
  const rows = await readSource(`${folder}${format.file}`, options);
  const last = columns.rows.at(-1) ?? -1;
  if (rows.length < format.bytes * (last + 1))
    throw new UserError(`${folder}${format.file}: it is cut short, after ${rows.length} bytes: copy it again`);
  return imageCacheOf({ folder, about, columns }, (kept) => blocksOf(rows, { columns, rowBytes: format.bytes }, kept));
};

const readJson = async (address: string, options: ReadingOptions): Promise<unknown> => {
  const text = new TextDecoder().decode(await readSource(address, options));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${address}: it is not JSON: put the folder of dide site there`, { cause });
  }
};

const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const textsIn: TextsIn = (bytes) => {
  const decoder = new TextDecoder();
  return (encoding, begin, end) => {
    const some = bytes.subarray(begin, end);
    return encoding === 'utf8' ? decoder.decode(some) : Array.from(some, (byte) => hexadecimal[byte]).join('');
  };
};

const columnsIn = (bytes: Uint8Array<ArrayBuffer>, path: string): Columns => {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD));
  const sizes = head.startsWith(MAGIC_WORD) ? headerOf(head.slice(MAGIC_WORD.length)) : undefined;
  if (!sizes || bytes.length !== HEAD + ENTRY * sizes.size + sizes.paths)
    throw new UserError(`${path}: it is no whole index of images: put the folder of dide site there again`);
  return columnsFrom(arraysIn(bytes.buffer, HEAD, sizes), textsIn);
};

const headerOf = (json: string): { readonly size: number; readonly paths: number } | undefined => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** Most rows of a block, and the longest time in milliseconds for which a scan holds its thread: half of a frame. */
const [MOST_ROWS, HELD] = [1024, 8];

/** Rows that are in memory, some at a time. Between them other events of the thread have their turn. */
async function* blocksOf(
  all: Uint8Array<ArrayBuffer>,
  { columns, rowBytes }: { readonly columns: Columns; readonly rowBytes: number },
  { rows = MOST_ROWS, only }: KeptOptions = {},
): AsyncGenerator<KeptBlock, void, undefined> {
  const places = only ?? allPlaces(columns.size);
  const most = Math.min(rows, MOST_ROWS);
  let began = performance.now();
  for (let first = 0; first < places.length; first += most) {
    if (performance.now() - began > HELD) {
      await turnOfEvents();
      began = performance.now();
    }
    const some = places.subarray(first, first + most);
    const bytes = new Uint8Array(some.length * rowBytes);
    for (const [i, place] of some.entries()) {
      const begin = columns.rows[place]! * rowBytes;
      bytes.set(all.subarray(begin, begin + rowBytes), i * rowBytes);
    }
    yield { places: some, bytes };
  }
}

/** The part of a channel of messages that is used; a browser's differs from Node's in its types. */
interface Channel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: unknown): void };
}

/** Lets the thread do what else is waiting. A timer would wait for 4 ms after some turns. */
const turnOfEvents = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel() as unknown as Channel;
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
