import { describe, expect, it } from 'vitest';
import { judged } from './claims.ts';
import { galleries, galleryMeasure, ROUNDS } from './jobs/gallery-cost.ts';
import { markdownOf } from './page/markdown.ts';
import { reproductionPage } from './page/page.ts';
import { longRuns, planOf, shareRuns } from './plan.ts';
import type { Result } from './result-file.ts';
import type { Measured, RunResult } from './results.ts';
import { idOf, type Run } from './run.ts';
import { reproductionSizes } from './size.ts';
import { taskNames } from './tasks.ts';
import type { VariantName } from './variants.ts';

const three = [0, 1, 2];
const size = { ...reproductionSizes.tiny, seeds: { vqa: three, nlvr2: three, ve: three, retrieval: three } };

const resultOf = (run: Run, result: Omit<Result, 'id'>): RunResult => ({ id: idOf(run), run, ...result });

/** A study in which each variant has the accuracy of the table, a little different with every seed. */
const studyOf = (accuracy: Readonly<Record<VariantName, number>>): Measured => {
  const results = planOf(size).flatMap(({ run }): RunResult[] => {
    if (run.kind !== 'student' || run.share !== 1 || run.updates !== undefined) return [];
    if (run.learningRate !== size.learningRate) return [];
    const { variant, seed } = run;
    const share = accuracy[variant] + 0.01 * seed + (variant === 'cross' ? 0.001 * seed : 0);
    const measures = {
      'test-iid': { accuracy: share },
      'test-comp': { accuracy: share },
      validation: { accuracy: share },
    };
    const curves = [{ step: 1, losses: { total: 1 }, validation: share }];
    const training = { updates: 2, learningRate: 1e-3, parameters: 10, seconds: 1, curves };
    return [resultOf(run, { measures, training, peakBytes: 2 ** 20 })];
  });
  return { size, results, planned: 100 };
};

const usual = { hard: 0.4, soft: 0.45, hidden: 0.5, whole: 0.55, uni: 0.5, cross: 0.6, layers: 0.6 };

const verdictOn = (claim: string, measured: Measured) => judged(measured).find((one) => one.claim.startsWith(claim))!;

describe('a claim', () => {
  it('holds where every interval says so', () => {
    expect(verdictOn('Distillation in fine-tuning', studyOf(usual))).toMatchObject({ verdict: 'holds' });
    expect(verdictOn('Distillation in fine-tuning', studyOf(usual)).difference!.mean).toBeCloseTo(0.201, 6);
  });

  it('does not hold where the contrary is seen', () => {
    expect(verdictOn('Soft labels', studyOf({ ...usual, soft: 0.3 }))).toMatchObject({ verdict: 'does not hold' });
  });

  it('is judged once more on the second numbers, where all of its runs have been done twice', () => {
    const study = studyOf(usual);
    const twice = (variants: readonly string[]): Measured => {
      const worse = (id: string): number => (id.includes('/soft/') ? 0.3 : 0.4);
      const results = study.results.map((result) =>
        variants.some((variant) => result.id.includes(`/${variant}/teacher/`))
          ? { ...result, again: { 'test-iid': { accuracy: worse(result.id) } } }
          : result,
      );
      return { ...study, results };
    };
    const both = verdictOn('Soft labels', twice(['soft', 'hard']));
    expect(both).toMatchObject({ verdict: 'holds', again: { verdict: 'does not hold' } });
    expect(both.again!.difference!.mean).toBeCloseTo(-0.1, 6);
    expect(verdictOn('Soft labels', twice(['soft'])).again).toBeUndefined();
    expect(markdownOf(twice(['soft', 'hard']))).toContain('| −10.0 ± 0.0 |');
  });

  it('of quality kept is judged against the teacher', () => {
    const study = studyOf(usual);
    const teachers = taskNames.map((task) =>
      resultOf({ kind: 'teacher', task }, { measures: { 'test-iid': { accuracy: 0.9 } } }),
    );
    const measured = { ...study, results: [...study.results, ...teachers] };
    expect(verdictOn('The student keeps', measured).verdict).toBe('does not hold');
    expect(verdictOn('The student keeps', study).means).toBeUndefined();
  });

  it('of speed is judged over rounds, for one image and for many apart', () => {
    const study = studyOf(usual);
    const measures = Object.fromEntries(
      galleries.flatMap((images) =>
        Array.from({ length: ROUNDS }, (_, i) => [
          galleryMeasure(images, i + 1),
          { teacher: images, student: 0.6 + 0.01 * (images + i) },
        ]),
      ),
    );
    const measured = { ...study, results: [resultOf({ kind: 'gallery cost' }, { measures })] };
    expect(verdictOn('With image vectors kept, a question about 1 image ', measured).verdict).toBe('does not hold');
    const many = verdictOn('With image vectors kept, a question about 1000 images ', measured);
    expect(many.verdict).toBe('holds');
    expect(many.difference!.mean).toBeCloseTo(1 / 3 - (0.6 + 0.01 * 1002) / 1000, 9);
    expect(markdownOf(measured)).toContain('| 100000 images | 100,000 | 1,000 | 99.9 |');
  });

  it('cannot be told where both are alike and the interval is narrow, and is open where it is wide', () => {
    const alike = studyOf(usual);
    for (const { id, measures } of alike.results) {
      // the better one changes with the seed
      const sign = id.endsWith('1') ? 1 : -1;
      if (id.includes('/uni/')) measures['test-iid']!.accuracy = 0.62 + 0.03 * sign;
    }
    expect(verdictOn('Cross-modal attention beats uni', alike)).toMatchObject({ verdict: 'open' });
    for (const { id, measures } of alike.results) {
      const sign = id.endsWith('1') ? 1 : -1;
      if (id.includes('/uni/')) measures['test-iid']!.accuracy = 0.6 + 0.011 * Number(id.at(-1)) + 0.004 * sign;
    }
    const close = verdictOn('Cross-modal attention beats uni', alike);
    expect(close).toMatchObject({ verdict: 'cannot tell at this size' });
    expect(close.difference!.margin).toBeLessThan(0.02);
  });

  it('that something is enough holds where it is as good', () => {
    const enough = verdictOn('The last layer', studyOf(usual));
    expect(enough).toMatchObject({ verdict: 'holds', rule: 'the whole interval above −1 point' });
    // a little worse, but by less than the rule allows
    expect(verdictOn('The last layer', studyOf({ ...usual, layers: 0.608 }))).toMatchObject({ verdict: 'holds' });
    expect(verdictOn('Soft labels', studyOf(usual)).rule).toBe('the whole interval above 0');
    expect(verdictOn('The last layer', studyOf({ ...usual, layers: 0.7 }))).toMatchObject({ verdict: 'does not hold' });
  });

  it('is open where runs are missing, or of retrieval that was never tried', () => {
    const { results, ...study } = studyOf(usual);
    const some = results.filter(({ id }) => !(id.includes('/hard/') && id.endsWith('seed-2')));
    const partial = { ...study, results: some };
    expect(verdictOn('Distillation in fine-tuning', partial)).toMatchObject({ verdict: 'open' });
    expect(verdictOn('Distillation helps retrieval', partial)).toMatchObject({ difference: undefined });
  });
});

describe('what is written', () => {
  it('shows the verdicts and every table, with the spread over seeds', async () => {
    const study = { ...studyOf(usual), size: { ...size, updates: reproductionSizes.full.updates } };
    const text = markdownOf(study);
    expect(text).toContain(
      '| Soft labels beat hard ones | **holds** | the whole interval above 0 | +5.0 ± 0.0 | 46.0 against 41.0 | – |',
    );
    expect(text).toContain('| **holds** | the whole interval above −1 point |');
    expect(text).toContain('if it is no wider than ±2 points');
    expect(text.match(/^## /gm)).toHaveLength(13);
    expect(text).toContain('| soft labels + cross-modal attention | 61.1 ± 2.7 |');
    expect(text).not.toMatch(/undefined|NaN/);
    const page = await reproductionPage(studyOf(usual));
    expect(page).toContain('soft labels + cross-modal attention');
    expect(page).not.toMatch(/(?:src|href)="https?:|undefined|NaN/);
  });

  it('shows both numbers of what was trained a second time', () => {
    const study = studyOf(usual);
    const measures = { 'test-iid': { accuracy: 0.9 } };
    const twice = resultOf({ kind: 'teacher', task: 'vqa' }, { measures, again: { 'test-iid': { accuracy: 0.8 } } });
    const alike = resultOf({ kind: 'teacher', task: 've' }, { measures, again: structuredClone(measures) });
    const text = markdownOf({ ...study, results: [...study.results, twice, alike] });
    expect(text).toContain('| teacher/vqa | 90.0 | 80.0 |');
    expect(text).toContain('Of 2, 1 have the same measures to the last digit');
    expect(text).toContain('the two differ by 5.0 points');
    expect(text).toContain('| teacher | 90.0 |');
  });

  it('says of how many seeds a mean is, while some are to come', () => {
    const { results, ...study } = studyOf(usual);
    const some = results.filter(({ id }) => !(id.includes('/hard/') && id.endsWith('seed-2')));
    expect(markdownOf({ ...study, results: some })).toMatch(/\| hard labels \| 40.5 ± \d.\d \(2 of 3\)/);
  });

  it('says in the title that a toy run or a short one has no results, and gives no verdict on them', async () => {
    const [toy, full] = [studyOf(usual), { ...studyOf(usual), size: { ...reproductionSizes.full, seeds: size.seeds } }];
    expect(markdownOf(toy)).toContain('**This is the toy run (--tiny): 2 updates a training');
    expect(markdownOf(toy)).toMatch(/^# The paper in miniature \(toy run, no results\)/);
    expect(markdownOf(toy)).not.toContain('**holds**');
    expect(await reproductionPage(toy)).not.toMatch(/<strong class="">|<strong class="right">/);
    expect(await reproductionPage(toy)).toContain('<h1>The paper in miniature (toy run, no results)</h1>');
    expect(await reproductionPage(full)).toContain('<strong class="right">holds');
    expect(markdownOf(full)).not.toContain('This is the');
    const one = { vqa: [0], nlvr2: [0], ve: [0], retrieval: [0] };
    expect(markdownOf({ ...full, size: { ...full.size, seeds: one } })).toContain('This is the short run (--quick)');
  });

  it('shows the study of scale before everything else, and as soon as it has begun', async () => {
    const scale = { updates: 40_000, seeds: [0, 1], shares: [0.1], shareSeeds: [0, 1] };
    const scaledSize = { ...reproductionSizes.full, scale };
    const results = [...longRuns(scaledSize), ...shareRuns(scaledSize)].map((run) => {
      const end = (run.variant === 'cross' ? 0.9 : 0.7) + 0.01 * run.seed - (run.share === 1 ? 0 : 0.2);
      const curves = [1000, 20_000, 40_000].map((step, i) => ({
        step,
        losses: { total: 1 },
        validation: end - 0.1 * (2 - i),
      }));
      const training = { updates: 40_000, learningRate: 1e-3, parameters: 10, seconds: 1, curves };
      return resultOf(run, { measures: { 'test-iid': { accuracy: end } }, training });
    });
    const begun = { size: scaledSize, results, planned: 100 };
    const text = markdownOf(begun);
    expect(text).toContain('| hard labels | 50.5 ± 6.4 |');
    expect(text).toMatch(/\| soft labels \+ cross-modal attention \|.*\| 80.5 ± 6.4 \| 90.5 ± 6.4 \|$/m);
    expect(text).toContain('| soft labels + cross-modal attention | 70.5 ± 6.4 | – |');
    expect(text).toContain(`students of ${scaledSize.updates.student} updates, the same for every variant`);
    expect(text).toContain('16 of 100 jobs so far; 84 are missing');
    const page = await reproductionPage(begun);
    expect(page).toContain('At the end: hard labels 70.5 %');
    expect(page).not.toMatch(/undefined|NaN/);
    expect(markdownOf({ ...begun, results: results.slice(0, 1) })).toContain('| hard labels | 50.0 (1 of 2) |');
  });
});
