import { describe, expect, it } from 'vitest';
import type { ExplainedPair } from '../../../query.ts';
import { explainedPage } from './page.ts';
import { scaleColors, scaleLegend, scaleStyle, stepOf } from './scale.ts';

/** A pair of one word over 3 x 3 patches, with this attention of the word. */
const pairWith = (shares: readonly number[]): ExplainedPair => ({
  image: 'data:,',
  grey: 'data:,',
  rows: 3,
  columns: 3,
  text: 'red',
  words: ['red'],
  models: [{ name: 'student', answers: [], textToImage: [[shares]], imageToText: [shares.map(() => [1])] }],
});

const classesOf = (page: string): string[] => [...page.matchAll(/<rect class="(s-?\d)"/g)].map(([, name]) => name!);

describe('the scale of maps', () => {
  it('has two steps a doubling of the even share, and ends at 16 times and at a 16th', () => {
    const steps = [1, 2, 4, 16, 100, 1 / 2, 1 / 16, 0].map((ratio) => stepOf(ratio / 10, 10));
    expect(steps).toEqual([0, 2, 4, 8, 8, -2, -8, -8]);
  });

  it('gives an even map the neutral colour everywhere, whatever its number of tokens', () => {
    expect(new Set(classesOf(explainedPage([pairWith(Array(10).fill(0.1))])))).toEqual(new Set(['s0']));
    for (const tokens of [2, 10, 145, 1000]) expect(stepOf(1 / tokens, tokens)).toBe(0);
    expect(scaleStyle).toContain('.s0 { --step: #fff; }');
  });

  it('draws a patch with twice and one with half of the even share two steps to either side', () => {
    const page = explainedPage([pairWith([0.1, 0.2, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05])]);
    expect(classesOf(page).slice(0, 3)).toEqual(['s2', 's-2', 's0']);
    expect(page).toContain('<title>20.0\u00a0%, 2.0\u00a0× even</title>');
    expect(page).toContain('aria-label="student, “red”: most to row 1, column 1 (20.0\u00a0%); [CLS] 10.0\u00a0%"');
  });

  it('is drawn by the script of the page in the same steps', () => {
    const page = explainedPage([pairWith(Array(10).fill(0.1))]);
    const source = /const stepOf = (.*?);\nconst sayShare/s.exec(page)![1]!;
    const embedded = new Function(`return ${source}`)() as typeof stepOf;
    for (const share of [0, 0.01, 0.1, 0.2, 0.7]) expect(embedded(share, 10)).toBe(stepOf(share, 10));
  });

  it('has a colour for every class, and each in the legend', () => {
    for (let step = -8; step <= 8; step += 1) {
      expect(scaleStyle).toContain(`.s${step} { --step: #`);
      expect(scaleLegend.html).toContain(`class="s${step}"`);
    }
  });
});

/** OKLab of a colour in sRGB (B. Ottosson 2020). */
const okLab = (color: string): readonly [number, number, number] => {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
};

describe('the colours of the scale', () => {
  it('are equally far apart to the eye, and darker with every step from the even share', () => {
    for (const colors of [scaleColors.more, scaleColors.less]) {
      const labs = colors.map(okLab);
      const gaps = labs.slice(1).map((lab, i) => Math.hypot(...lab.map((value, axis) => value - labs[i]![axis]!)));
      expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(1.25);
      const lightness = labs.map(([light]) => light);
      expect(lightness).toEqual(lightness.toSorted((a, b) => b - a));
    }
  });

  it('differ on the two sides without red against green: more is yellow, less is blue', () => {
    for (const color of scaleColors.more) expect(okLab(color)[2]).toBeGreaterThan(0.04);
    for (const color of scaleColors.less) expect(okLab(color)[2]).toBeLessThan(0);
  });
});
