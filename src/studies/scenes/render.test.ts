import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mulberry32 } from '../mulberry32.ts';
import { renderScene } from './render.ts';
import { colors, drawScene, type Scene, shapes, sizes, type Thing, textures, worlds } from './world.ts';

const thingOf = (look: Partial<Thing>): Thing => ({
  size: 'large',
  texture: 'plain',
  color: 'red',
  shape: 'circle',
  cell: 4,
  shift: [0, 0],
  ...look,
});

const sceneOf = (things: readonly Thing[]): Scene => ({ grid: 3, ground: 9, things });
const drawn = (...things: Thing[]) => renderScene(sceneOf(things), 48).data;
const empty = drawn();

/** The cells whose pixels differ from an empty picture. */
const paintedCells = (data: Uint8Array): Set<number> => {
  const cells = new Set<number>();
  for (let at = 0; at < data.length; at++) {
    if (data[at] === empty[at]) continue;
    const pixel = Math.floor(at / 3);
    cells.add(3 * Math.floor(pixel / 48 / 16) + Math.floor((pixel % 48) / 16));
  }
  return cells;
};

test('a thing stays in its cell, whatever its shape, size and shift', () => {
  const shift = fc.double({ min: -0.12, max: 0.12, noNaN: true });
  const thing = fc.record({
    size: fc.constantFrom(...sizes),
    texture: fc.constantFrom(...textures),
    color: fc.constantFrom(...colors),
    shape: fc.constantFrom(...shapes),
    cell: fc.integer({ min: 0, max: 8 }),
    shift: fc.tuple(shift, shift),
  });
  fc.assert(
    fc.property(thing, (one) => {
      expect(paintedCells(drawn(one))).toEqual(new Set([one.cell]));
    }),
  );
});

test('all 384 looks are drawn differently, by at least six pixels', () => {
  const looks = sizes.flatMap((size) =>
    textures.flatMap((texture) =>
      colors.flatMap((color) => shapes.map((shape) => drawn(thingOf({ size, texture, color, shape })))),
    ),
  );
  expect(looks).toHaveLength(384);
  const centre = (data: Uint8Array) =>
    Array.from({ length: 16 }, (_, row) => [
      ...data.subarray(((16 + row) * 48 + 16) * 3, ((16 + row) * 48 + 32) * 3),
    ]).flat();
  const crops = looks.map(centre);
  let closest = Number.POSITIVE_INFINITY;
  for (let one = 0; one < crops.length; one++)
    for (let other = 0; other < one; other++) {
      let apart = 0;
      for (let at = 0; at < crops[one]!.length && apart < closest; at++)
        if (Math.abs(crops[one]![at]! - crops[other]![at]!) > 24) apart++;
      closest = Math.min(closest, apart);
    }
  expect(closest).toBeGreaterThanOrEqual(6);
});

test('a crate hides its cell and nothing else', () => {
  const data = renderScene({ ...sceneOf([]), cover: 7 }, 48).data;
  expect(paintedCells(data)).toEqual(new Set([7]));
});

test('pixels are the same on every machine', () => {
  const hash = createHash('sha256');
  const random = mulberry32(2021);
  for (let scene = 0; scene < 20; scene++) {
    hash.update(renderScene(drawScene(random, worlds.full, 'never'), 64).data);
    hash.update(renderScene(drawScene(random, worlds.mini, 'always'), 48).data);
  }
  expect(hash.digest('hex')).toMatchInlineSnapshot(
    `"3ce536d25c03a5a55d22b4718f21fc37427355139d6ee22fc163bde5bcf2efd2"`,
  );
});
