import { describe, expect, it } from 'vitest';
import { greyed } from './greyed.ts';

const greyOf = (...data: number[]): number[] => [
  ...greyed({ width: data.length / 3, height: 1, data: Uint8Array.from(data) }).data,
];

describe('a greyed image', () => {
  it('is white where the image is, and equally dark where it is red, yellow or black', () => {
    const grey = greyOf(255, 255, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 200, 160, 180);
    expect(grey).toEqual([255, 255, 255, 165, 165, 165, 165, 165, 165, 165, 165, 165, 221, 221, 221]);
  });

  it('is pale of a dark image, too, and white of a plain one', () => {
    expect(greyOf(10, 10, 10, 40, 50, 30)).toEqual([165, 165, 165, 255, 255, 255]);
    expect(greyOf(9, 9, 9, 9, 9, 9)).toEqual(Array(6).fill(255));
  });
});
