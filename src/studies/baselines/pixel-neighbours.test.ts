import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng, galleryOf, recalls } from '../../data.ts';
import type { Example } from '../../index.ts';
import { pixelNeighbours } from './pixel-neighbours.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-pixels-'));
  const greys = { sun: 250, moon: 90, night: 10, 'sun-d': 240, 'moon-d': 30, 'night-d': 60, 'dawn-d': 128 };
  for (const [name, grey] of Object.entries(greys)) {
    const data = new Uint8Array(20 * 20 * 3).fill(grey);
    await writeFile(join(folder, `${name}.png`), await encodePng({ width: 20, height: 20, data }));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const example = (name: string, text: string): Example => ({
  id: name,
  images: [join(folder, `${name}.png`)],
  text,
  answers: [],
  about: { concept: name.replace(/-d$/, '') },
});

describe('the neighbours in pixels', () => {
  const known = () => [example('sun', 'the sun'), example('moon', 'the moon'), example('night', 'a night')];

  it('find every picture whose pixels are nearest to its own concept, and no other', async () => {
    // 240 is next to 250; 30 to 10, which is not its own; 60 to 90, nor is that.
    const tested = [
      example('sun-d', 'sun'),
      example('sun-d', 'a star'),
      example('moon-d', 'moon'),
      example('night-d', 'night'),
    ];
    const gallery = galleryOf(tested);
    const scores = await pixelNeighbours(gallery, known());
    expect(scores.shape).toEqual([3, 4]);
    expect(scores.data[0]).toBe(-10 * 10 * 16 * 16 * 3);
    const found = recalls(scores, gallery, [1, 2]);
    expect(found['text R@1']).toBeCloseTo(1 / 3, 12);
    expect(found['text R@2']).toBe(1);
    // "sun" and "a star" find the sun; "moon" (90) finds night-d (60), "night" (10) finds moon-d (30)
    expect(found['image R@1']).toBeCloseTo(2 / 4, 12);
  });

  it('give no place to a concept that no picture to learn from has', async () => {
    const gallery = galleryOf([example('sun-d', 'sun'), example('dawn-d', 'dawn')]);
    const scores = await pixelNeighbours(gallery, known());
    expect([...scores.data].map(Number.isFinite)).toEqual([true, false, true, false]);
    expect(recalls(scores, gallery, [1])).toMatchObject({ 'text R@1': 0.5 });
  });

  it('need to know what a row is about', async () => {
    const { about, ...without } = example('sun-d', 'sun');
    await expect(pixelNeighbours(galleryOf([without]), known())).rejects.toThrow(/^sun-d: has no "concept"/);
  });
});
