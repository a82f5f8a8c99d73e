import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { readError } from './disk-errors.ts';

/** Bytes of a read. */
const CHUNK = 2 ** 18;

/**
 * The text of a file, piece by piece as it is read: UTF-8, or UTF-16 where a byte order mark or the zero bytes of its
 * first letters show it, as Excel's "Unicode text" and Windows' editors write it. The mark itself is left out. Bytes
 * that are no UTF-8 become U+FFFD.
 *
 * @throws UserError where it cannot be read.
 */
export async function* readTextChunks(path: string): AsyncGenerator<string, void, undefined> {
  let decoder: Decoder | undefined;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
      const isFirst = decoder === undefined;
      decoder ??= decoderFor(chunk as Buffer);
      const text = decoder.write(chunk as Buffer);
      yield isFirst ? text.replace(/^\uFEFF/, '') : text;
    }
  } catch (cause) {
    throw readError(path, cause);
  }
  const rest = decoder?.end() ?? '';
  if (rest !== '') yield rest;
}

/** The text of bytes that are in memory whole, decoded as `readTextChunks` does. */
export const textOf = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = decoderFor(buffer);
  return (decoder.write(buffer) + decoder.end()).replace(/^\uFEFF/, '');
};

interface Decoder {
  readonly write: (bytes: Buffer) => string;
  /** Rest of a character that was cut. */
  readonly end: () => string;
}

const decoderFor = ([a, b]: Buffer): Decoder => {
  const encoding = (a === 0xff && b === 0xfe) || (a && b === 0) ? 'utf-16le' : undefined;
  const opposite = (a === 0xfe && b === 0xff) || (a === 0 && b) ? 'utf-16be' : undefined;
  if (encoding === undefined && opposite === undefined) return new StringDecoder('utf8');
  const decoder = new TextDecoder(encoding ?? opposite, { ignoreBOM: true });
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
};
