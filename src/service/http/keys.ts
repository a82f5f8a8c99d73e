import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { readError } from '../../files/disk-errors.ts';

/** A key that may ask, by the name of who has it. The key itself is kept nowhere. */
export interface ApiKey {
  readonly name: string;
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Makes a key of 256 random bits, which no dictionary holds, so that one round of SHA-256 hides it.
 *
 * @returns the key, for its owner alone, and its line for the file of keys.
 * @throws UserError where the name is not of letters, digits, `-`, `_`, `.` and `@`.
 */
export const createKey = (name: string): { readonly key: string; readonly line: string } => {
  if (!NAME.test(name)) throw new UserError(`${JSON.stringify(name)}: a key's name has letters, digits, - _ . and @`);
  const key = `dide_${randomBytes(32).toString('base64url')}`;
  return { key, line: `${name} sha256:${hashOf(key).toString('hex')}\n` };
};

const NAME = /^[\w.@-]{1,64}$/;
const LINE = /^([\w.@-]{1,64}) sha256:([0-9a-f]{64})$/;

/**
 * Reads a file of keys: a line each, `name sha256:<64 digits>`. Empty lines and those that begin with `#` are passed
 * over.
 *
 * @throws UserError where it cannot be read, a line is none, or there is no key.
 */
export const readKeys = async (path: string): Promise<ApiKey[]> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw readError(path, error);
  });
  const keys = parseKeys(path, text);
  if (keys.length === 0) throw new UserError(`${path}: there is no key in it: make one with \`dide key\``);
  return keys;
};

/** The keys of a file's text. @throws UserError where a line is none. */
export const parseKeys = (path: string, text: string): ApiKey[] =>
  text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, name, sha256] = LINE.exec(line.trim()) ?? [];
    if (name === undefined) throw new UserError(`${path}:${i + 1}: it is no key: make one with \`dide key\``);
    return [{ name, sha256: sha256! }];
  });

/** The name of the owner of a key; undefined where it is nobody's. Its time does not depend on how much of it is right. */
export const ownerOf = (key: string, keys: readonly ApiKey[]): string | undefined => {
  const hash = hashOf(key);
  const matches = keys.filter(({ sha256 }) => timingSafeEqual(hash, Buffer.from(sha256, 'hex')));
  return matches[0]?.name;
};

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
