import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { decodeImage, drawOnWhite, encodePng, readImage } from './image.ts';

const picture = (width: number, height: number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
});

const raw = ({ width, height, data }: Pixels) => sharp(data, { raw: { width, height, channels: 3 } });

describe('a picture written as PNG', () => {
  it.each([
    [1, 1],
    [7, 5],
    [64, 48],
  ])('of %i x %i comes back as it was', async (width, height) => {
    const pixels = picture(width, height);
    const back = await decodeImage(await encodePng(pixels), { where: 'here' });
    expect(back).toMatchObject({ width, height });
    expect(Buffer.compare(back.data, pixels.data)).toBe(0);
  });
});

describe('every kind of picture becomes RGB', () => {
  it('grey: three equal channels', async () => {
    const { data } = await decodeImage(await raw(picture(4, 4)).greyscale().png().toBuffer(), { where: 'grey.png' });
    expect(data).toHaveLength(48);
    for (let i = 0; i < 48; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]]);
  });

  it('RGBA: the alpha is dropped and not blended', async () => {
    const rgba = Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128);
    const png = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect([...(await decodeImage(png, { where: 'rgba.png' })).data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('16 bits: the high byte', async () => {
    const deep = Uint16Array.of(0x1234, 0xff00, 0x00ff);
    const png = await sharp(deep, { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect([...(await decodeImage(png, { where: 'deep.png' })).data]).toEqual([0x12, 0xff, 0x00]);
  });

  it('CMYK: without a colour profile', async () => {
    const jpeg = await raw(picture(16, 16)).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    expect(await decodeImage(jpeg, { where: 'cmyk.jpg' })).toMatchObject({
      width: 16,
      height: 16,
      data: { length: 768 },
    });
  });
});

describe('what cannot be read is an error of the user that names the file', () => {
  let folder: string;
  const fail = async (name: string, bytes?: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    if (bytes) await writeFile(path, bytes);
    const error = await readImage(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message.replace(folder, '');
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dide-image-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('missing', async () => {
    expect(await fail('gone.png')).toMatch(/^\/gone.png: there is no such image/);
  });

  it('a folder', async () => {
    expect(await fail('.')).toMatch(/: this is a folder/);
  });

  it('empty', async () => {
    expect(await fail('empty.png', new Uint8Array())).toMatch(/^\/empty.png: the image is empty/);
  });

  it('no image', async () => {
    expect(await fail('text.png', new TextEncoder().encode('hello'))).toMatch(/^\/text.png: not an image/);
  });

  it.each(['png', 'jpeg'] as const)('a %s cut short, in its header or after it', async (format) => {
    const whole = await raw(picture(200, 200)).toFormat(format).toBuffer();
    for (const kept of [60, whole.length / 2]) {
      expect(await fail(`cut.${format}`, whole.subarray(0, kept))).toMatch(/^\/cut\..*: the image is damaged/);
    }
  });

  it('a TIFF in YCbCr that is no JPEG, whose colours would be other ones', async () => {
    const bytes = Buffer.from(await readFile('test/fixtures/pictures/files/lzw.tif'));
    const entry = bytes.indexOf(Buffer.from([6, 1, 3, 0, 1, 0, 0, 0, 2, 0]));
    bytes[entry + 8] = 6;
    expect(await fail('ycbcr.tif', bytes)).toMatch(/^\/ycbcr.tif: its colours are YCbCr, which are not read: save it/);
  });

  it('a TIFF in L*a*b*, which is whole', async () => {
    const bytes = await readFile('test/fixtures/pictures/files/deflate.tif');
    // the entry of its directory that says what the three channels are (262): 2 is RGB, 8 L*a*b*
    const entry = bytes.indexOf(Buffer.of(6, 1, 3, 0, 1, 0, 0, 0, 2, 0));
    bytes.writeUInt16LE(8, entry + 8);
    expect(await fail('lab.tif', bytes)).toMatch(/^\/lab.tif: its colours are L\*a\*b\*, which are not read/);
  });

  it('a drawing without pixels', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
    expect(await fail('drawing.png', new TextEncoder().encode(svg))).toMatch(/^\/drawing.png: SVG/);
  });

  it('a file of 100 bytes that claims 40,000 x 40,000 pixels, before any of them is decoded', async () => {
    const started = performance.now();
    expect(await fail('bomb.png', claimingPng(40_000))).toMatch(
      /bomb.png: 40000 x 40000 is 1600 million pixels, more than 89/,
    );
    expect(performance.now() - started).toBeLessThan(500);
  });
});

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

const claimingPng = (side: number): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const nothing = Buffer.from('789c030000000001', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', nothing), chunk('IEND', Buffer.alloc(0))]);
};

describe('a drawing on white', () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><rect width="20" height="10" fill="#0000ff"/></svg>';
  const at = ({ data, width }: Pixels, x: number, y: number) => [
    ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
  ];

  it('is as large as fits, in the middle of a square', async () => {
    const drawn = await drawOnWhite(Buffer.from(svg), { side: 40, where: 'svg' });
    expect([drawn.width, drawn.height, drawn.data.length]).toEqual([40, 40, 4800]);
    expect([at(drawn, 20, 5), at(drawn, 20, 20), at(drawn, 1, 20), at(drawn, 20, 34)]).toEqual([
      [255, 255, 255],
      [0, 0, 255],
      [0, 0, 255],
      [255, 255, 255],
    ]);
  });

  it('shows white through what is transparent', async () => {
    const clear = await sharp(Uint8Array.of(9, 9, 9, 0), { raw: { width: 1, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect(at(await drawOnWhite(clear, { side: 2, where: 'png' }), 0, 0)).toEqual([255, 255, 255]);
  });

  it('is refused where the bytes are none', async () => {
    await expect(drawOnWhite(Buffer.from('<svg'), { side: 2, where: 'cat.svg' })).rejects.toThrow(UserError);
    await expect(drawOnWhite(Buffer.from('cat'), { side: 2, where: 'cat' })).rejects.toThrow(
      /^cat: cannot be drawn \(.*\): get it again/,
    );
  });
});
