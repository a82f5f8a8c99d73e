import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pixels } from '../kernels/pixels.ts';
import { type AugmentationName, augmentations, levelOf, randAugment } from './augment.ts';

interface Fixture {
  readonly pictures: Readonly<
    Record<string, { readonly width: number; readonly height: number; readonly pixels: string }>
  >;
  readonly cases: readonly { readonly picture: string; readonly op: string; readonly pixels: string }[];
}

const fixture = JSON.parse(readFileSync(new URL('../../test/files/augment.json', import.meta.url), 'utf8')) as Fixture;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const pictureOf = (name: string): Pixels => {
  const { width, height, pixels } = fixture.pictures[name]!;
  return { width, height, data: bytes(pixels) };
};

describe('each op at magnitude 9 is that of Pillow, to the bit', () => {
  it.each(fixture.cases.map(({ picture, op, pixels }) => [op, picture, pixels] as const))(
    '%s of the %s picture',
    (op, picture, pixels) => {
      const name = op.replace('-', '') as AugmentationName;
      const random = (): number => (op.endsWith('-') ? 0.9 : 0.1);
      expect(augmentations[name](pictureOf(picture), levelOf(name, 9), random).data).toEqual(bytes(pixels));
    },
  );

  it('and all fourteen are tested', () => {
    expect(new Set(fixture.cases.map(({ op }) => op.replace('-', '')))).toEqual(new Set(Object.keys(augmentations)));
  });
});

describe('RandAugment', () => {
  let picture: Pixels;
  beforeAll(() => {
    picture = pictureOf('noisy');
  });
  /** The given numbers, one after the other. */
  const drawing =
    (...numbers: number[]) =>
    () =>
      numbers.shift()!;

  it('draws two ops with replacement, then a sign for each that has one', () => {
    const twice = randAugment(picture, drawing(2 / 14, 2 / 14, 0.4, 0.6));
    const once = augmentations.rotate(picture, 9, () => 0.4);
    expect(twice).toEqual(augmentations.rotate(once, 9, () => 0.6));
    expect(randAugment(picture, drawing(0, 0.9999, 0.1), { count: 1 })).toEqual(
      augmentations.autoContrast(picture, 0, Math.random),
    );
  });

  it('gives the same picture for the same numbers, and leaves the one that it was given as it is', () => {
    const before = picture.data.slice();
    const draws = [0.3, 0.7, 0.2, 0.8];
    expect(randAugment(picture, drawing(...draws))).toEqual(randAugment(picture, drawing(...draws)));
    expect(picture.data).toEqual(before);
  });

  it('has the levels of the ViLT code', () => {
    const at9 = (Object.keys(augmentations) as AugmentationName[]).map((name) => [
      name,
      Number(levelOf(name, 9).toFixed(6)),
    ]);
    expect(Object.fromEntries(at9)).toMatchObject({
      rotate: 9,
      posterize: 1.2,
      solarize: 76.8,
      solarizeAdd: 33,
      color: 0.64,
      shearX: 0.09,
      translateY: 30,
    });
  });
});
