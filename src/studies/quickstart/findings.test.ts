import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../index.ts';
import { accuracyReport, priorAccuracy } from '../measures/accuracy.ts';
import { comparison, findingsOf } from './findings.ts';

const judged = (scores: readonly number[], kind = 'exists'): Prediction[] =>
  scores.map((score, i) => ({
    score,
    predicted: score ? 'yes' : 'no',
    example: {
      id: `row ${i}`,
      images: [],
      text: 'is there a star?',
      answers: [{ answer: 'yes', score: 1 }],
      about: { kind },
    },
  }));

const alternating = (count: number, every: number): Prediction[] =>
  judged(Array.from({ length: count }, (_, i) => Number(i % every === 0)));
const [half, tenth] = [alternating(200, 2), alternating(200, 10)];

describe('a comparison of two models', () => {
  it('says better or worse only where the interval of the paired difference leaves out zero', () => {
    const options = { on: 'test', seed: 0 };
    expect(comparison(['a', half], ['b', tenth], options)).toMatch(
      /^"a" is better than "b" by 40\.0 points on test: 50\.0 % against 10\.0 %/,
    );
    expect(comparison(['b', tenth], ['a', half], options)).toMatch(/^"b" is worse than "a" by 40\.0 points/);
    expect(comparison(['a', half], ['b', half.toReversed()], options)).toMatch(
      /^"a" and "b" cannot be told apart on test/,
    );
  });

  it('stands for every student distilled now against hard labels, beside what the shipped one keeps', () => {
    const latency = [
      { what: 'the slow way', images: 1, millisecondsPerImage: 10, note: '' },
      { what: 'the fast way', images: 1, millisecondsPerImage: 0.5, note: '' },
    ];
    const findings = findingsOf(
      { test: { teacher: half, 'shipped student': tenth, 'distilled now': half, 'hard labels now': tenth } },
      latency,
      { seed: 0 },
    );
    expect(findings).toHaveLength(3);
    expect(findings[0]).toBe("The shipped student keeps 20.0 % of its teacher's accuracy on test: 10.0 % of 50.0 %.");
    expect(findings[1]).toContain('"distilled now" is better than "hard labels now"');
    expect(findings[2]).toContain('20 times less');
  });
});

describe('accuracy', () => {
  it('is given with its interval, and by kind of question', () => {
    const report = accuracyReport([...judged([1, 1, 0, 0]), ...judged([1, 0], 'count')], { seed: 0 });
    expect(report.mean).toBeCloseTo(0.5);
    expect(report.byKind).toEqual({ exists: { mean: 0.5, count: 4 }, count: { mean: 0.5, count: 2 } });
    expect(report.low).toBeLessThan(report.mean);
    expect(report.high).toBeGreaterThan(report.mean);
  });

  it('has a prior: the commonest answer to each kind of question', () => {
    const answering = (kind: string, answers: string) =>
      answers
        .split(' ')
        .map((answer) => ({ id: '', images: [], text: '', answers: [{ answer, score: 1 }], about: { kind } }));
    expect(priorAccuracy([...answering('a', 'yes yes no'), ...answering('b', '1 2')])).toBeCloseTo(3 / 5);
  });
});
