import { readFile } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { type ImageSource, imageName } from './example.ts';

/** Pixels of the largest image that is decoded: a small file can claim a size that fills the memory. */
export const PIXEL_LIMIT = 50e6;

/**
 * Reads an image as Pillow's `Image.open(path).convert('RGB')` does.
 *
 * @throws UserError that names the file when it is missing, cut short, too large or no image.
 */
export const readImage = async (image: ImageSource): Promise<Pixels> =>
  decodeImage(await readImageBytes(image), imageName(image));

/**
 * Reads the bytes of an image file without decoding them.
 *
 * @throws UserError that names the file when it cannot be read.
 */
export const readImageBytes = async (image: ImageSource): Promise<Uint8Array> => {
  if (typeof image !== 'string') return image.read();
  return readFile(image).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${image}: ${UNREADABLE[cause.code ?? ''] ?? `cannot be read (${cause.code})`}`, { cause });
  });
};

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such image: check the path and the folder it is relative to.',
  EISDIR: 'this is a folder: give the path of one image.',
  EACCES: 'may not be read: check the permissions of the file.',
};

/**
 * Decodes the bytes of an image file as Pillow's `convert('RGB')` does: grey becomes three equal channels, alpha is
 * dropped without blending, a palette is looked up, CMYK is converted without a colour profile, and neither a profile
 * nor the EXIF orientation is applied. Of 16-bit channels the high byte is kept; Pillow differs for 16-bit grey, which
 * it clips at 255 and so makes almost white.
 *
 * @param where the name of the image in errors: its path, or the row that holds it.
 * @throws UserError when the bytes are no image, are cut short, or claim more than {@link PIXEL_LIMIT} pixels.
 */
export const decodeImage = async (bytes: Uint8Array, where: string): Promise<Pixels> => {
  if (bytes.length === 0) throw new UserError(`${where}: the image is empty (0 bytes): get it again.`);
  const image = await openImage(bytes);
  const { width, height, space, format, channels, depth } = await image.metadata().catch((cause: Error) => {
    throw UNKNOWN_FORMAT.test(cause.message) ? notAnImage(where, cause) : damaged(where, cause);
  });
  if (format === 'svg') throw new UserError(`${where}: SVG is a drawing without pixels: export it as PNG first.`);
  if (width * height > PIXEL_LIMIT) {
    const millions = `${(width * height) / 1e6} million pixels, more than ${PIXEL_LIMIT / 1e6} million`;
    throw new UserError(`${where}: ${width} x ${height} is ${millions}: make the image smaller.`);
  }
  const isPlain = space === 'srgb' && channels === 3 && depth === 'uchar';
  const decode = space === 'cmyk' ? decodeCmyk : isPlain ? decodePlain : decodeRgb;
  const data = await decode(image).catch((cause: Error) => {
    throw damaged(where, cause);
  });
  return { width, height, data };
};

const openImage = async (bytes: Uint8Array): Promise<Sharp> => {
  const { default: sharp } = await import('sharp');
  return sharp(bytes, { failOn: 'truncated', limitInputPixels: false, ignoreIcc: true });
};

/** Sharp's message for bytes that begin like no image; for those that do, it says what is wrong with their header. */
const UNKNOWN_FORMAT = /unsupported image format/;

const notAnImage = (where: string, cause: Error): UserError =>
  new UserError(`${where}: not an image (${reason(cause)}): give JPEG, PNG, WebP, GIF, TIFF or AVIF.`, { cause });

const damaged = (where: string, cause: Error): UserError =>
  new UserError(`${where}: the image is damaged or cut short (${reason(cause)}): get it again.`, { cause });

/**
 * First line of an error message. libvips keeps one error text for all threads: where several images fail at once, one
 * may find the details gone, so nothing may depend on them.
 */
const reason = (cause: Error): string => cause.message.trim().split('\n')[0]!.replace(/:$/, '');

const decodeRgb = (image: Sharp): Promise<Uint8Array> =>
  bytesOf(image.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' }));

/** Decodes an image that is RGB with 8 bits already. */
const decodePlain = (image: Sharp): Promise<Uint8Array> => bytesOf(image.raw());

const bytesOf = async (image: Sharp): Promise<Uint8Array> => {
  const { buffer, byteOffset, length } = await image.toBuffer();
  return new Uint8Array(buffer, byteOffset, length);
};

/** Pillow's conversion without a profile: `255 - min(255, ink + black - ink * black / 255)`, in its own rounding. */
const decodeCmyk = async (image: Sharp): Promise<Uint8Array> => {
  const inks = await image.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' }).toBuffer();
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const white = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink += 1, to += 1) {
      const product = inks[from + ink]! * white + 128;
      rgb[to] = Math.max(0, white - ((product + (product >> 8)) >> 8));
    }
  }
  return rgb;
};

/** Encodes an image as PNG, without loss. */
export const encodePng = async ({ width, height, data }: Pixels): Promise<Uint8Array> => {
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
};

/**
 * Draws an image of any kind and size, SVG too, into the middle of a white square, as large as fits.
 *
 * @param options.side side of the square in pixels.
 * @param options.where the name of the image in errors.
 * @throws UserError when the bytes are no image.
 */
export const drawOnWhite = async (
  bytes: Uint8Array,
  { side, where }: { readonly side: number; readonly where: string },
): Promise<Pixels> => {
  const { default: sharp } = await import('sharp');
  // 96 dots an inch: an SVG's own pixels.
  const drawn = await sharp(bytes, { density: 96, limitInputPixels: PIXEL_LIMIT })
    .resize(side, side, { fit: 'contain', background: '#fff' })
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer()
    .catch((cause: Error) => {
      throw new UserError(`${where}: cannot be drawn (${reason(cause)}): get it again.`, { cause });
    });
  return { width: side, height: side, data: new Uint8Array(drawn.buffer, drawn.byteOffset, drawn.length) };
};
