import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { generator, keyOf } from '../src/engine/random.ts';
import { trickyLines } from './lines.ts';

/** The pictures of `pipeline`, and of `waiting`, which looks at each once. */
export const PICTURES = 128;

export const [WIDTH, HEIGHT] = [640, 480] as const;

export const pathOfPicture = (folder: string, i: number): string => join(folder, `${`${i}`.padStart(4, '0')}.jpg`);

/** Smooth shapes under a little noise, in which a JPEG file finds as much as in a photograph: about 70 KB. */
const pixelsOf = (i: number): Uint8Array => {
  const draw = generator(keyOf(0, 'bench', 'picture', i));
  const waves = Array.from({ length: 9 }, () => ({ x: draw() / 12, y: draw() / 12, phase: 6 * draw() }));
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, at = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const noise = 12 * (draw() - 0.5);
      for (let channel = 0; channel < 3; channel += 1, at += 1) {
        const height = waves
          .slice(3 * channel, 3 * channel + 3)
          .reduce((sum, wave) => sum + Math.sin(wave.x * x + wave.y * y + wave.phase), 0);
        data[at] = 128 + 40 * height + noise;
      }
    }
  }
  return data;
};

/** Writes so many pictures, 0000.jpg and on; the same ones every time. */
export const writePictures = async (folder: string, count: number): Promise<void> => {
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  for (let i = 0; i < count; i += 1) {
    await sharp(pixelsOf(i), { raw }).jpeg({ quality: 90 }).toFile(pathOfPicture(folder, i));
  }
};

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Fills a folder with what a work reads. @throws Error where the work needs Python to write it, and that fails. */
export const writeMaterials = async (
  work: string,
  folder: string,
  { batch, python }: { readonly batch: number; readonly python: string },
): Promise<void> => {
  if (work === 'waiting') await writePictures(folder, PICTURES);
  if (work === 'pipeline') await writePictures(folder, batch);
  if (work === 'words') {
    await writeFile(join(folder, 'lines.json'), JSON.stringify(trickyLines(batch)));
    await copyFile(here('../assets/bert-base-uncased-vocab.txt'), join(folder, 'vocab.txt'));
  }
  if (work === 'load') await writeCheckpoint(python, folder);
};

const writeCheckpoint = async (python: string, folder: string): Promise<void> => {
  const given = ['--work', 'load', '--folder', folder, '--write'];
  await promisify(execFile)(python, [here('peers_data.py'), ...given]).catch(
    (error: { stderr?: string | undefined }) => {
      throw new Error(error.stderr?.trim() || `${error}`);
    },
  );
};
