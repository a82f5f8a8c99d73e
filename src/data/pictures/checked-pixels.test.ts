import { expect, it } from 'vitest';
import type { ImageSource } from '../example.ts';
import { readImage } from '../image.ts';

const pixels = (width: number, height: number, data: unknown): ImageSource => ({ width, height, data }) as ImageSource;
const bytes = Uint8Array.from({ length: 12 }, (_, i) => i);

it.each([
  ['bytes', pixels(2, 2, bytes)],
  ['bytes of a canvas, three a pixel', pixels(4, 1, Uint8ClampedArray.from(bytes))],
])('pixels as %s are an image', async (_, image) => {
  expect([...(await readImage(image)).data]).toEqual([...bytes]);
});

it.each<[string, unknown, string]>([
  ['numbers with fractions', pixels(2, 2, new Float32Array(12)), 'has numbers that are no bytes: give its pixels as a'],
  ['a list', pixels(2, 2, [...bytes]), 'has numbers that are no bytes'],
  ['four bytes a pixel', pixels(3, 1, bytes), 'of 3 x 1 pixels has 12 bytes: give three a pixel'],
  ['a part of a pixel', pixels(1.5, 2, new Uint8Array(9)), 'of 1.5 x 2 pixels has 9 bytes'],
  ['no pixel', pixels(0, 0, new Uint8Array(0)), 'of 0 x 0 pixels has 0 bytes'],
  ['null', null, 'an image is none: give its path, the bytes of its file, or its pixels'],
  ['a data URL', `data:image/png;base64,${'A'.repeat(100_000)}`, 'is a text of 100022 characters, and no path: give'],
])('%s is none, and an error that says so', async (_, image, message) => {
  await expect(readImage(image as ImageSource)).rejects.toThrow(message);
});
