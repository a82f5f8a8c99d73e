import sharp from 'sharp';
import { expect, it } from 'vitest';
import { exifOf } from '../image.ts';
import { dateTaken } from './date-taken.ts';

const picture = () => sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });
const takenAs = async (bytes: Uint8Array): Promise<number | undefined> => {
  const exif = await exifOf(bytes);
  return exif && dateTaken(exif);
};
const moment = Date.UTC(2021, 4, 6, 7, 8, 9);

it.each(['jpeg', 'png', 'webp'] as const)('reads when a picture was taken from its EXIF data: %s', async (kind) => {
  const IFD2 = { DateTimeOriginal: '2021:05:06 07:08:09' };
  const bytes = await picture()
    .withExif({ IFD0: { DateTime: '2022:01:01 00:00:00' }, IFD2 })
    .toFormat(kind)
    .toBuffer();
  expect(await takenAs(bytes)).toBe(moment);
});

it('is that of the clock in whatever time zone, and falls back on the date of the file', async () => {
  const zoned = { DateTimeOriginal: '2021:05:06 07:08:09', OffsetTimeOriginal: '+02:00' };
  expect(await takenAs(await picture().withExif({ IFD2: zoned }).jpeg().toBuffer())).toBe(moment);
  const IFD0 = { DateTime: '2021:05:06 07:08:09' };
  expect(await takenAs(await picture().withExif({ IFD0 }).jpeg().toBuffer())).toBe(moment);
});

it('says nothing of a picture without a date, with no real one, or with damaged data', async () => {
  expect(await takenAs(await picture().png().toBuffer())).toBeUndefined();
  const IFD2 = { DateTimeOriginal: '0000:00:00 00:00:00' };
  const bytes = await picture().withExif({ IFD2 }).jpeg().toBuffer();
  expect(await takenAs(bytes)).toBeUndefined();
  const exif = (await exifOf(bytes))!;
  for (let end = 0; end < exif.length; end += 1) expect(dateTaken(exif.subarray(0, end))).toBeUndefined();
  expect(await exifOf(new Uint8Array())).toBeUndefined();
});
