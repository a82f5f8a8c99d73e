import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { readError } from '../../files/disk-errors.ts';
import { type ApiKey, parseKeys } from './keys.ts';

/** Keys that may ask now. */
export interface KeyRing {
  readonly keys: () => readonly ApiKey[];
  /** Reads the file again. It is read by itself, too, a second after it has changed. */
  reload(): Promise<void>;
  /** Watches the file no longer. */
  close(): void;
}

/** Source of keys, and the listener for notices about them. */
export interface KeyRingOptions {
  /** Keys that are given at the start, beside those of the file. */
  readonly keys?: readonly ApiKey[] | undefined;
  readonly file?: string | undefined;
  /** Receives the number of keys after the file was read again. */
  readonly onReload: (keys: number) => void;
  /** Receives why the file could not be read: the keys stay as they are. */
  readonly onError: (error: unknown) => void;
}

/** Time between two looks at the file. */
const LOOK_MILLISECONDS = 1000;

/**
 * Opens the keys of a server; undefined where it is to have none. A line that is added to the file lets somebody in, and
 * one that is removed keeps somebody out, while the server runs.
 *
 * @throws UserError where the file cannot be read.
 */
export const openKeyRing = async ({
  keys: own,
  file,
  onReload,
  onError,
}: KeyRingOptions): Promise<KeyRing | undefined> => {
  if (file === undefined) return own && { keys: () => own, reload: async () => {}, close: () => {} };
  const read = async (): Promise<readonly ApiKey[]> => {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw readError(file, error);
    });
    return [...(own ?? []), ...parseKeys(file, text)];
  };
  let keys = await read();
  const reload = async (): Promise<void> => {
    try {
      keys = await read();
      onReload(keys.length);
    } catch (error) {
      onError(error);
    }
  };
  const onChange = (): void => void reload();
  watchFile(file, { interval: LOOK_MILLISECONDS, persistent: false }, onChange);
  return { keys: () => keys, reload, close: () => unwatchFile(file, onChange) };
};
