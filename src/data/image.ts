import { readFile } from 'node:fs/promises';
import type { Metadata, Sharp } from 'sharp';
import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { bytesInMemory, type ImageSource, isPixels, type StoredImage } from './example.ts';
import { decodeBmp, isBmp } from './pictures/bmp.ts';
import { checkedPixels } from './pictures/checked-pixels.ts';
import { decodeGif, isGif } from './pictures/gif.ts';
import { imageName } from './pictures/image-name.ts';
import { unreadableKindOf } from './pictures/kinds.ts';
import { checkSize, PILLOW_WARNS, type PictureOptions, type PictureStyle } from './pictures/options.ts';
import { isDeepGreyPng, withExifFirst } from './pictures/png.ts';
import { decodePpm, isPpm } from './pictures/ppm.ts';
import { asGrey, type CheckSize, overWhite, type Raster, withoutAlpha } from './pictures/raster.ts';
import { hasBareYcbcr } from './pictures/tiff-directory.ts';

/**
 * Reads an image as Pillow's `Image.open(path).convert('RGB')` does, or, with `pictures: 'as-shown'`, as a viewer shows
 * it.
 *
 * @throws UserError that names the file when it is missing, cut short, too large or no image.
 */
export const readImage = async (image: ImageSource, options: PictureOptions = {}): Promise<Pixels> =>
  isPixels(image)
    ? checkedPixels(image)
    : decodeImage(await readImageBytes(image), { where: imageName(image), ...options });

/**
 * Reads the bytes of an image file without decoding them; pixels in memory as PNG.
 *
 * @throws UserError that names the file when it cannot be read.
 */
export const readImageBytes = async (image: ImageSource): Promise<Uint8Array> => {
  if (isPixels(image)) return encodePng(checkedPixels(image));
  const bytes = bytesInMemory(image);
  if (bytes) return bytes;
  if (typeof image !== 'string') return readStored(image as StoredImage);
  if (image.length > LONGEST_PATH || image.startsWith('data:'))
    throw new UserError(`an image is a text of ${image.length} characters, and no path: give the bytes of its file.`);
  return readFile(image).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${image}: ${UNREADABLE[cause.code ?? ''] ?? `cannot be read (${cause.code})`}`, { cause });
  });
};

/** Most characters of a path. */
const LONGEST_PATH = 4096;

const readStored = async (image: StoredImage): Promise<Uint8Array> => {
  if (typeof image?.read === 'function') return image.read();
  throw new UserError('an image is none: give its path, the bytes of its file, or its pixels { width, height, data }.');
};

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such image: check the path and the folder it is relative to.',
  EISDIR: 'this is a folder: give the path of one image.',
  EACCES: 'may not be read: check the permissions of the file.',
};

/**
 * Decodes the bytes of an image file. As Pillow's `convert('RGB')` does, and by default: grey becomes three equal
 * channels, alpha is dropped without blending, a palette is looked up, CMYK is converted without a colour profile, a
 * TIFF is turned by its orientation and nothing else is, of 16-bit channels the high byte is kept, and 16-bit grey is
 * clipped at 255. `as-shown` turns all by their EXIF orientation, lays transparency over white, and keeps the high byte of
 * grey, too. Of a moving image the first frame is read.
 *
 * @param options.where the name of the image in errors: its path, or the row that holds it.
 * @throws UserError when the bytes are no image, are cut short, or claim more pixels than `maxMegapixels`.
 */
export const decodeImage = async (
  bytes: Uint8Array,
  { where, pictures = 'as-vilt', maxMegapixels }: PictureOptions & { readonly where: string },
): Promise<Pixels> => {
  if (bytes.length === 0) throw new UserError(`${where}: the image is empty (0 bytes): get it again.`);
  const kind = unreadableKindOf(bytes);
  if (kind !== undefined) throw new UserError(`${where}: it is ${kind}, which is not read: save it as JPEG or PNG.`);
  const check: CheckSize = (width, height) => checkSize({ where, width, height }, { maxMegapixels });
  const raster =
    decodeOwn(bytes, where, { check, pictures }) ?? (await decodeWithSharp(bytes, where, { check, pictures }));
  return pictures === 'as-shown' ? overWhite(raster) : withoutAlpha(raster);
};

/** EXIF data of an image file; undefined where it has none, or is no image that could have some. */
export const exifOf = async (bytes: Uint8Array): Promise<Uint8Array | undefined> =>
  openImage(bytes)
    .then((image) => image.metadata())
    .then(
      ({ exif }) => exif,
      () => undefined,
    );

interface Decoding {
  readonly check: CheckSize;
  readonly pictures: PictureStyle;
}

/** Decodes the formats that sharp lacks, or reads unlike Pillow; undefined for all others. */
const decodeOwn = (bytes: Uint8Array, where: string, { check, pictures }: Decoding): Raster | undefined => {
  try {
    if (isGif(bytes)) return decodeGif(bytes, check);
    if (isBmp(bytes)) return decodeBmp(bytes, check);
    if (isPpm(bytes)) return decodePpm(bytes, check, pictures === 'as-shown' ? 'high-byte' : 'clipped');
    return undefined;
  } catch (cause) {
    throw cause instanceof UserError ? cause : damaged(where, cause as Error);
  }
};

const decodeWithSharp = async (bytes: Uint8Array, where: string, { check, pictures }: Decoding): Promise<Raster> => {
  const opened = await openImage(bytes);
  const metadata = await opened.metadata().catch((cause: Error) => {
    if (LAB.test(cause.message))
      throw new UserError(`${where}: its colours are L*a*b*, which are not read: save it in RGB.`);
    throw UNKNOWN_FORMAT.test(cause.message) ? notAnImage(where, cause) : damaged(where, cause);
  });
  const { width, height, format, orientation = 1, hasAlpha } = metadata;
  if (format === 'tiff' && hasBareYcbcr(bytes))
    throw new UserError(`${where}: its colours are YCbCr, which are not read: save it in RGB.`);
  if (format === 'svg') throw new UserError(`${where}: SVG is a drawing without pixels: export it as PNG first.`);
  check(width, height);
  const isTurned = orientation > 1 && (pictures === 'as-shown' || format === 'tiff');
  const image = isTurned ? opened.autoOrient() : opened;
  const isAcross = isTurned && orientation >= 5;
  const size = isAcross ? { width: height, height: width } : { width, height };
  const channels = pictures === 'as-shown' && hasAlpha ? 4 : 3;
  const isDeepGrey = metadata.depth === 'ushort' && (metadata.channels === 1 || isDeepGreyPng(bytes));
  const decode = isDeepGrey && pictures === 'as-vilt' ? decodeClipped : decodeChannels;
  const data = await decode(image, metadata, pictures).catch((cause: Error) => {
    throw damaged(where, cause);
  });
  return { ...size, channels, data };
};

const decodeChannels = async (
  image: Sharp,
  { space, channels, depth, hasAlpha }: Metadata,
  pictures: PictureStyle,
): Promise<Uint8Array> => {
  if (space === 'cmyk') return decodeCmyk(image);
  if (pictures === 'as-shown' && hasAlpha)
    return bytesOf(image.ensureAlpha().toColourspace('srgb').raw({ depth: 'uchar' }));
  if (space === 'srgb' && channels === 3 && depth === 'uchar') return bytesOf(image.raw());
  return bytesOf(image.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' }));
};

let loaded: Promise<typeof import('sharp').default> | undefined;

/** Imports sharp once: a dynamic import is looked up again each time, which takes up to a third of what decoding does. */
const loadSharp = (): NonNullable<typeof loaded> => {
  loaded ??= import('sharp').then((module) => module.default);
  return loaded;
};

const openImage = async (bytes: Uint8Array): Promise<Sharp> => {
  const sharp = await loadSharp();
  return sharp(withExifFirst(bytes), { failOn: 'truncated', limitInputPixels: false, ignoreIcc: true });
};

/** Sharp's message for a TIFF in CIELAB of 8 bits, which its own reader of metadata refuses though it is whole. */
const LAB = /bad labq format/;

/** Sharp's message for bytes that begin like no image; for those that do, it says what is wrong with their header. */
const UNKNOWN_FORMAT = /unsupported image format/;

const notAnImage = (where: string, cause: Error): UserError =>
  new UserError(`${where}: not an image (${reason(cause)}): give JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM.`, {
    cause,
  });

const damaged = (where: string, cause: Error): UserError =>
  new UserError(`${where}: the image is damaged or cut short (${reason(cause)}): get it again.`, { cause });

/**
 * First line of an error message. libvips keeps one error text for all threads: where several images fail at once, one
 * may find the details gone, so nothing may depend on them.
 */
const reason = (cause: Error): string => cause.message.trim().split('\n')[0]!.replace(/:$/, '');

const bytesOf = async (image: Sharp): Promise<Uint8Array> => {
  const { buffer, byteOffset, length } = await image.toBuffer();
  return new Uint8Array(buffer, byteOffset, length);
};

/** Pillow's conversion of 16-bit grey: all above 255 is white. */
const decodeClipped = async (image: Sharp): Promise<Uint8Array> => {
  const deep = await image.removeAlpha().toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  return asGrey(Uint8Array.from({ length: deep.length / 2 }, (_, i) => Math.min(255, deep.readUInt16LE(2 * i))));
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
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
};

/** Encodes an image as WebP, made smaller so that its longer side is at most `side` pixels. */
export const encodeWebp = async (
  { width, height, data }: Pixels,
  { side }: { readonly side: number },
): Promise<Uint8Array> => {
  const sharp = await loadSharp();
  const { buffer, byteOffset, length } = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp()
    .toBuffer();
  return new Uint8Array(buffer, byteOffset, length);
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
  const sharp = await loadSharp();
  // 96 dots an inch: an SVG's own pixels.
  const drawn = await sharp(bytes, { density: 96, limitInputPixels: PILLOW_WARNS })
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
