/** First bytes of a frame. */
const MAGIC = 0x184d2204;

/** Bits of a frame's flags: sizes and checksums that it has. */
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY = 0x01;

/** Bit of a block's size that says that its bytes are not compressed. */
const STORED = 0x80000000;

/**
 * Decompresses an LZ4 frame, whose blocks may refer to those before them, as Arrow writes it. Checksums are passed over.
 *
 * @param length bytes of what comes out.
 * @throws RangeError where the bytes make no sense, or give another number of bytes.
 */
export const decompressLz4Frame = (bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('it is no LZ4 frame');
  const flags = view.getUint8(4);
  const output = new Uint8Array(length);
  let at = 7 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0);
  let done = 0;
  for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
    const end = at + 4 + (size & ~STORED);
    if (end > bytes.length) throw new RangeError('a block of LZ4 is cut short');
    const block = bytes.subarray(at + 4, end);
    if ((size & STORED) !== 0) output.set(block, done);
    done = (size & STORED) !== 0 ? done + block.length : decompressBlock(block, output, done);
    at = end + (flags & BLOCK_CHECKSUMS ? 4 : 0);
  }
  if (done !== length) throw new RangeError(`LZ4 gives ${done} bytes of ${length}`);
  return output;
};

/**
 * Decompresses a single block of LZ4 without a frame, as parquet's LZ4_RAW has it.
 *
 * @param length bytes of what comes out.
 * @throws RangeError where the bytes make no sense, or give another number of bytes.
 */
export const decompressLz4Block = (block: Uint8Array, length: number): Uint8Array<ArrayBuffer> => {
  const output = new Uint8Array(length);
  const done = decompressBlock(block, output, 0);
  if (done !== length) throw new RangeError(`LZ4 gives ${done} bytes of ${length}`);
  return output;
};

/** Decompresses a block of LZ4 into `output` from byte `begin` on. → the byte behind it */
const decompressBlock = (block: Uint8Array, output: Uint8Array, begin: number): number => {
  let [at, done] = [0, begin];
  /** The rest of a length whose first four bits are all set. */
  const longer = (bits: number): number => {
    let [sum, byte] = [bits, bits === 15 ? 255 : 0];
    while (byte === 255) {
      byte = block[at++] ?? 0;
      sum += byte;
    }
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = longer(token >> 4);
    if (done + literals > output.length) throw new RangeError('LZ4 gives more bytes than it claims');
    output.set(block.subarray(at, at + literals), done);
    [at, done] = [at + literals, done + literals];
    if (at >= block.length) break;
    const offset = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const end = done + longer(token & 15) + 4;
    if (offset === 0 || offset > done || end > output.length)
      throw new RangeError(`LZ4 copies from ${offset} bytes before`);
    for (; done < end; done += 1) output[done] = output[done - offset]!;
  }
  return done;
};
