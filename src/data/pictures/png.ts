/** Bytes before the first chunk, and of a chunk beside its data: length, name and checksum. */
const SIGNATURE = 8;
const AROUND = 12;

/** Whether bytes begin as a PNG. */
export const isPng = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, SIGNATURE)).toString('latin1') === '\x89PNG\r\n\x1a\n';

/** Whether a PNG is grey, of 16 bits and without a channel of alpha. */
export const isDeepGreyPng = (bytes: Uint8Array): boolean => isPng(bytes) && bytes[24] === 16 && bytes[25] === 0;

/**
 * A PNG with its EXIF data before its pixels, where they stand behind them: both places are allowed (PNG, third edition,
 * section 5.6), but libvips reads the first alone.
 */
export const withExifFirst = (bytes: Uint8Array): Uint8Array => {
  if (!isPng(bytes)) return bytes;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let pixels: number | undefined;
  for (let at = SIGNATURE; at + AROUND <= view.length; ) {
    const [name, end] = [view.toString('latin1', at + 4, at + 8), at + AROUND + view.readUInt32BE(at)];
    if (name === 'IDAT') pixels ??= at;
    if (name === 'eXIf' && (pixels === undefined || end > view.length)) return bytes;
    if (name === 'eXIf')
      return Buffer.concat([
        view.subarray(0, pixels),
        view.subarray(at, end),
        view.subarray(pixels, at),
        view.subarray(end),
      ]);
    at = end;
  }
  return bytes;
};
