import type { FileHandle } from 'node:fs/promises';
import { openFile } from './byte-range.ts';

/** A file inside an archive: its name, and where its bytes are. */
export interface TarMember {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

const BLOCK = 512;

/** Longest name that an extended header may give. */
const LONGEST_HEADER = 2 ** 20;

/**
 * The members of a tar archive, by their headers alone: 512 bytes of each are read, wherever they are, so that every
 * picture of a shard can be read by itself and in any order.
 *
 * @param onDamage hears why the rest of the archive is lost, where it is cut short or damaged; then it ends.
 * @throws UserError when the file cannot be opened.
 */
export async function* tarMembers(
  path: string,
  onDamage: (why: string) => void,
): AsyncGenerator<TarMember, void, undefined> {
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    let named: string | undefined;
    for (let at = 0; ; ) {
      const header = await headerAt(handle, at);
      if (header === undefined) return onDamage(`is cut short at byte ${size}`);
      if (header === 'end') return;
      if (header === 'damaged') return onDamage(`is damaged at byte ${at}`);
      const { name, length, type } = header;
      const next = at + BLOCK + Math.ceil(length / BLOCK) * BLOCK;
      if (at + BLOCK + length > size) return onDamage(`is cut short at byte ${size}, inside ${named ?? name}`);
      if (type === 'x' || type === 'L')
        named = nameIn(await bytesAt(handle, at + BLOCK, Math.min(length, LONGEST_HEADER)), type) ?? named;
      else {
        if (type === '0' || type === '\0') yield { name: named ?? name, offset: at + BLOCK, length };
        named = undefined;
      }
      at = next;
    }
  } finally {
    await handle.close();
  }
}

const bytesAt = async (handle: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
};

interface Header {
  readonly name: string;
  readonly length: number;
  readonly type: string;
}

/** Undefined where the file ends before the header does; `end` for the empty block that closes an archive. */
const headerAt = async (handle: FileHandle, at: number): Promise<Header | 'end' | 'damaged' | undefined> => {
  const block = await bytesAt(handle, at, BLOCK);
  if (block.length < BLOCK) return undefined;
  if (block.every((byte) => byte === 0)) return 'end';
  const length = numberIn(block, 124, 12);
  if (sumOf(block) !== numberIn(block, 148, 8) || !Number.isSafeInteger(length)) return 'damaged';
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? textIn(block, 345, 155) : '';
  const name = textIn(block, 0, 100);
  return { name: prefix ? `${prefix}/${name}` : name, length, type: String.fromCharCode(block[156]!) };
};

const textIn = (block: Buffer, from: number, length: number): string =>
  block.toString('utf8', from, from + length).split('\0')[0]!;

/** Octal digits, or, for 8 GiB and more, a big-endian number whose first bit is set. */
const numberIn = (block: Buffer, from: number, length: number): number => {
  if (block[from]! & 0x80) return Number(block.readBigUInt64BE(from + length - 8));
  const digits = textIn(block, from, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

/** The sum of all bytes, those of the sum itself as spaces. */
const sumOf = (block: Buffer): number => block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);

/** The name of the member that follows: all of a GNU long name, or `path` among pax records, `27 path=…\n`. */
const nameIn = (bytes: Buffer, type: string): string | undefined => {
  const text = bytes.toString('utf8');
  return type === 'L' ? text.split('\0')[0] : /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
};
