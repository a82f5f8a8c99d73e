import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { decodeImage, readImage } from '../image.ts';
import { isImageName, isPictureName, unreadableKindOf } from './kinds.ts';
import { checkSize } from './options.ts';

/** Made by Pillow, whose pixels of each stand in pixels.json: see make_pictures.py there. */
const folder = 'test/fixtures/pictures';

interface Reference {
  readonly size: readonly [width: number, height: number];
  readonly rgb: string;
}
type References = Readonly<Record<string, { readonly vilt: Reference; readonly shown?: Reference }>>;
const references = JSON.parse(readFileSync(`${folder}/pixels.json`, 'utf8')) as References;
const bytesOf = (name: string): Uint8Array => readFileSync(`${folder}/files/${name}`);

/** AVIF is decoded by another library, which rounds its colours otherwise, and turns it always. */
const isAvif = (name: string): boolean => name.endsWith('.avif');

const cases = Object.entries(references).flatMap(([name, { vilt, shown = vilt }]) => [
  ...(name === 'turned.avif' ? [] : [{ name, pictures: 'as-vilt' as const, reference: vilt }]),
  { name, pictures: 'as-shown' as const, reference: shown },
]);

describe('pictures of 99 files have the pixels that Pillow has of them', () => {
  it('which are all there', () => {
    expect(readdirSync(`${folder}/files`).sort()).toEqual(Object.keys(references).sort());
    expect(Object.keys(references)).toHaveLength(99);
  });

  it.each(cases)('$name $pictures', async ({ name, pictures, reference }) => {
    const { width, height, data } = await readImage(`${folder}/files/${name}`, { pictures });
    expect([width, height]).toEqual(reference.size);
    const wanted = Buffer.from(reference.rgb, 'base64');
    if (!isAvif(name)) expect(Buffer.compare(data, wanted)).toBe(0);
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThanOrEqual(isAvif(name) ? 1 : 0);
  });
});

const own = Object.keys(references).filter((name) => /\.(gif|bmp|dib|p[pgbn]m|pfm)$/.test(name));

describe('damaged files of the formats that are decoded here', () => {
  // the last number of a text may be cut and still be a number
  it.each(own.filter((name) => !name.startsWith('text')))(
    '%s cut short is an error of the user, or whole without its last bytes',
    async (name) => {
      const bytes = bytesOf(name);
      const whole = await decodeImage(bytes, { where: name });
      let refused = 0;
      for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 200)) {
        const result = await decodeImage(bytes.subarray(0, length), { where: name }).catch((error: unknown) => error);
        if (result instanceof UserError) refused += 1;
        else expect(result).toEqual(whole);
      }
      expect(refused).toBeGreaterThan(10);
    },
  );

  it.each(own)('%s with a byte changed is an error of the user, or pixels', async (name) => {
    for (let at = 0; at < Math.min(200, bytesOf(name).length); at += 1) {
      const bytes = Uint8Array.from(bytesOf(name));
      bytes[at] = bytes[at]! ^ (at % 2 === 0 ? 0xff : 0x81);
      const result = await decodeImage(bytes, { where: name, maxMegapixels: 1 }).catch((error: unknown) => error);
      if (!(result instanceof UserError)) expect(result).toMatchObject({ data: expect.any(Uint8Array) });
    }
  });

  it('that claim more pixels than are wanted are refused before one is decoded', async () => {
    const gif = Uint8Array.from(bytesOf('plain.gif'));
    gif.fill(0xff, 6, 10);
    const bmp = Uint8Array.from(bytesOf('plain.bmp'));
    bmp.set([0, 0, 1, 0, 0, 0, 1, 0], 18);
    const ppm = Buffer.from('P6 60000 60000 255\n');
    for (const [name, bytes] of Object.entries({ gif, bmp, ppm }))
      await expect(decodeImage(bytes, { where: name })).rejects.toThrow(
        new RegExp(
          `^${name}: \\d+ x \\d+ is [34]\\d\\d\\d.* million pixels, more than 89 million: make the image smaller\\.$`,
        ),
      );
  });
});

describe('the largest picture', () => {
  const check = (width: number, height: number, maxMegapixels?: number): void =>
    checkSize({ where: 'a.jpg', width, height }, { maxMegapixels });

  it('has 89 million pixels, up to 179 million where so many are wanted, and never more', () => {
    check(9504, 6336);
    expect(() => check(12_000, 8000)).toThrow(
      'a.jpg: 12000 x 8000 is 96 million pixels, more than 89 million: make the image smaller, or allow as many with maxMegapixels (--max-megapixels).',
    );
    check(12_000, 8000, 100);
    check(16_000, 11_000, 179);
    expect(() => check(16_000, 12_000, 200)).toThrow(
      '192 million pixels, more than 179 million: make the image smaller.',
    );
    expect(() => check(1001, 1000, 1)).toThrow('1 million pixels, more than 1 million');
  });
});

describe('kinds of pictures', () => {
  it('are known by their names, those that are not read, too', () => {
    const read = ['a.JPE', 'b.jfif', 'scan.BMP', 'c.pgm', 'd.avif', 'e.tar.jpg'];
    const pictures = ['IMG_1.HEIC', 'a.jxl', 'b.dng', 'c.psd', 'd.svg'];
    const others = ['a.txt', 'jpg', 'a.jpg.part', 'b.mp4', 'c.json'];
    expect([...read, ...pictures, ...others].filter(isImageName)).toEqual(read);
    expect([...read, ...pictures, ...others].filter(isPictureName)).toEqual([...read, ...pictures]);
  });

  it('that are not read are named by their first bytes', async () => {
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic');
    await expect(decodeImage(heic, { where: 'IMG_1.HEIC' })).rejects.toThrow(
      'IMG_1.HEIC: it is HEIC, which is not read: save it as JPEG or PNG.',
    );
    expect(unreadableKindOf(Buffer.from('\0\0\0\x18ftypisom\0\0\0\0'))).toBe('a film');
    expect(unreadableKindOf(Buffer.from('%PDF-1.7'))).toBe('a PDF');
    expect(unreadableKindOf(bytesOf('plain.avif'))).toBeUndefined();
  });
});

describe('pictures in memory', () => {
  it('are read like files: bytes, an ArrayBuffer, pixels', async () => {
    const path = `${folder}/files/turned-6.jpg`;
    const wanted = await readImage(path, { pictures: 'as-shown' });
    const bytes = bytesOf('turned-6.jpg');
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    for (const image of [bytes, buffer, wanted])
      expect(await readImage(image, { pictures: 'as-shown' })).toEqual(wanted);
  });

  it('of a size that their pixels do not have, or of no kind that is known, are errors of the user', async () => {
    await expect(readImage({ width: 2, height: 2, data: new Uint8Array(16) })).rejects.toThrow(
      'an image in memory of 2 x 2 pixels has 16 bytes: give three a pixel: red, green, blue.',
    );
    await expect(readImage({} as unknown as string)).rejects.toThrow(UserError);
  });
});
