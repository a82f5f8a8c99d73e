import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { pack } from 'tar-stream';
import { expect } from 'vitest';
import { nlvr2 } from '../../tasks/nlvr2.ts';
import { snliVe } from '../../tasks/snli-ve.ts';
import { vqa } from '../../tasks/vqa.ts';
import type { ImageSource } from '../example.ts';
import { readImage } from '../image.ts';
import { imageName } from '../pictures/image-name.ts';
import { captions } from '../records/captions.ts';

/** A folder of test/files, which make_formats.py wrote with the libraries that write the real ones. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../../../test/files/${name}`, import.meta.url));

/**
 * Expects picture k of the script: 24 x 16 pixels of the colour (40 k, 200 - 30 k, 60); JPEG may be off by a little.
 */
export const expectPicture = async (image: ImageSource | undefined, k: number): Promise<void> => {
  if (image === undefined) throw new Error('there is no image');
  const { width, height, data } = await readImage(image);
  expect([width, height], imageName(image)).toEqual([24, 16]);
  const off = [40 * k, 200 - 30 * k, 60].map((value, channel) => Math.abs(value - data[channel]!));
  expect(Math.max(...off), `${imageName(image)} is not picture ${k}`).toBeLessThanOrEqual(4);
};

/** The shapes of the records of the known tasks, by name. */
export const shapes = { vqa: vqa.records!, nlvr2: nlvr2.records!, ve: snliVe.records!, retrieval: captions } as const;

export type ShapeName = keyof typeof shapes;

/** An archive of these files, as tar-stream writes it, with the two empty blocks at its end. */
export const tarOf = async (files: readonly (readonly [name: string, content: Buffer | string])[]): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of files) archive.entry({ name }, content);
  archive.finalize();
  return await buffer(archive);
};
