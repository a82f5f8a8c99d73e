import { describe, expect, it } from 'vitest';
import { judged } from './claims.ts';
import type { Result } from './job.ts';
import { costId } from './jobs/cost.ts';
import { studentId, tunedTeacher } from './jobs/understanding.ts';
import { markdownOf } from './page/markdown.ts';
import { reproductionPage } from './page/page.ts';
import { chosenRates, type Rates, studentsOfPaper, variantNames } from './plan.ts';
import type { Measured } from './results.ts';
import { reproductionSizes } from './size.ts';
import { taskNames } from './tasks.ts';
import type { VariantName } from './variants.ts';

const size = { ...reproductionSizes.tiny, seeds: [0, 1, 2] };
const rates = Object.fromEntries(variantNames.map((variant) => [variant, 1e-3])) as Rates;

/** A study in which each variant has the accuracy of the table, a little different with every seed. */
const studyOf = (accuracy: Readonly<Record<VariantName, number>>): Measured => {
  const outcomes = new Map<string, Result>();
  for (const seed of size.seeds)
    for (const run of studentsOfPaper(seed)) {
      const id = studentId(run, rates[run.variant]);
      const share = accuracy[run.variant] + 0.01 * seed + (run.variant === 'cross' ? 0.001 * seed : 0);
      const measures = {
        'test-iid': { accuracy: share },
        'test-comp': { accuracy: share },
        validation: { accuracy: share },
      };
      const curves = [{ step: 1, losses: { total: 1 }, validation: share }];
      const training = { updates: 2, learningRate: 1e-3, parameters: 10, seconds: 1, curves };
      outcomes.set(id, { id, measures, training, peakBytes: 2 ** 20 });
    }
  return { size, outcomes, finished: outcomes.size, of: 100 };
};

const usual = { hard: 0.4, soft: 0.45, hidden: 0.5, whole: 0.55, uni: 0.5, cross: 0.6, layers: 0.6 };

const verdictOn = (claim: string, measured: Measured) =>
  judged(measured, rates).find((one) => one.claim.startsWith(claim))!;

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
      const outcomes = [...study.outcomes.values()].map((outcome) =>
        variants.some((variant) => outcome.id.includes(`/${variant}/teacher/`))
          ? { ...outcome, again: { 'test-iid': { accuracy: worse(outcome.id) } } }
          : outcome,
      );
      return { ...study, outcomes: new Map(outcomes.map((outcome) => [outcome.id, outcome])) };
    };
    const both = verdictOn('Soft labels', twice(['soft', 'hard']));
    expect(both).toMatchObject({ verdict: 'holds', again: { verdict: 'does not hold' } });
    expect(both.again!.difference!.mean).toBeCloseTo(-0.1, 6);
    expect(verdictOn('Soft labels', twice(['soft'])).again).toBeUndefined();
    expect(markdownOf(twice(['soft', 'hard']), rates)).toContain('| does not hold, −10.0 ± 0.0 |');
  });

  it('of speed and of quality kept is judged against the teacher', () => {
    const study = studyOf(usual);
    const outcomes = new Map(study.outcomes);
    for (const task of taskNames) {
      const milliseconds = { teacher: 6, student: 5, 'student, images kept': task === 'vqa' ? 1 : 1.1 };
      outcomes.set(costId(task), { id: costId(task), measures: { milliseconds } });
      outcomes.set(tunedTeacher(task), { id: tunedTeacher(task), measures: { 'test-iid': { accuracy: 0.9 } } });
    }
    const measured = { ...study, outcomes };
    const speed = verdictOn('With images kept', measured);
    expect(speed.verdict).toBe('holds');
    expect(speed.difference!.mean).toBeCloseTo(1 / 3 - (1 + 1.1 + 1.1) / 18, 9);
    expect(verdictOn('The student keeps', measured).verdict).toBe('does not hold');
    expect(verdictOn('The student keeps', { ...study, outcomes: study.outcomes }).means).toBeUndefined();
  });

  it('cannot be told where both are alike', () => {
    const alike = studyOf(usual);
    for (const [id, outcome] of alike.outcomes) {
      // the better one changes with the seed
      const sign = id.endsWith('1') ? 1 : -1;
      if (id.includes('/uni/')) outcome.measures['test-iid']!.accuracy = 0.62 + 0.03 * sign;
    }
    expect(verdictOn('Cross-modal attention beats uni', alike)).toMatchObject({ verdict: 'cannot tell at this size' });
  });

  it('that something is enough holds where it is as good', () => {
    expect(verdictOn('The last layer', studyOf(usual))).toMatchObject({ verdict: 'holds' });
    expect(verdictOn('The last layer', studyOf({ ...usual, layers: 0.7 }))).toMatchObject({ verdict: 'does not hold' });
  });

  it('cannot be told where runs are missing, or of retrieval that was never tried', () => {
    const partial = studyOf(usual);
    for (const id of partial.outcomes.keys())
      if (id.includes('/hard/') && id.endsWith('seed-2')) (partial.outcomes as Map<string, Result>).delete(id);
    expect(verdictOn('Distillation in fine-tuning', partial)).toMatchObject({ verdict: 'cannot tell at this size' });
    expect(verdictOn('Distillation helps retrieval', partial)).toMatchObject({ difference: undefined });
  });
});

describe('the learning rates', () => {
  it('are those that were best on validation, and none while a search is not over', () => {
    const outcomes = new Map<string, Result>();
    const searched = { ...size, learningRates: [1, 2] };
    for (const variant of variantNames)
      for (const rate of searched.learningRates) {
        expect(chosenRates(searched, outcomes)).toBeUndefined();
        const id = studentId({ task: 'vqa', variant, begins: 'teacher', share: 1, seed: 0 }, rate);
        outcomes.set(id, { id, measures: { validation: { accuracy: variant === 'soft' ? rate : 1 / rate } } });
      }
    expect(chosenRates(searched, outcomes)).toMatchObject({ soft: 2, hard: 1, cross: 1 });
  });
});

describe('what is written', () => {
  it('shows the verdicts and every table, with the spread over seeds', async () => {
    const text = markdownOf(studyOf(usual), rates);
    expect(text).toContain('| Soft labels beat hard ones | **holds** | +5.0 ± 0.0 | 46.0 against 41.0 | – |');
    expect(text.match(/^## /gm)).toHaveLength(11);
    expect(text).toContain('| soft labels + cross-modal attention | 61.1 ± 2.7 |');
    expect(text).not.toMatch(/undefined|NaN/);
    const page = await reproductionPage(studyOf(usual), rates);
    expect(page).toContain('soft labels + cross-modal attention');
    expect(page).not.toMatch(/(?:src|href)="https?:|undefined|NaN/);
  });

  it('shows both numbers of what was trained a second time', () => {
    const study = studyOf(usual);
    const id = tunedTeacher('vqa');
    const twice = { id, measures: { 'test-iid': { accuracy: 0.9 } }, again: { 'test-iid': { accuracy: 0.8 } } };
    const alike = { id: tunedTeacher('ve'), measures: twice.measures, again: structuredClone(twice.measures) };
    const outcomes = new Map([...study.outcomes, [id, twice], [alike.id, alike]]);
    const text = markdownOf({ ...study, outcomes }, rates);
    expect(text).toContain('| teacher/vqa | 90.0 | 80.0 |');
    expect(text).toContain('Of 2, 1 measured the same to the last digit');
    expect(text).toContain('the two lie 5.0 points apart');
    expect(text).toContain('| teacher | 90.0 |');
  });

  it('says of how many seeds a mean is, while some are to come', () => {
    const { outcomes, ...study } = studyOf(usual);
    const some = [...outcomes].filter(([id]) => !(id.includes('/hard/') && id.endsWith('seed-2')));
    expect(markdownOf({ ...study, outcomes: new Map(some) }, rates)).toMatch(
      /\| hard labels \| 40.5 ± \d.\d \(2 of 3\)/,
    );
  });

  it('says that there is nothing yet before the search has ended', () => {
    expect(markdownOf({ size, outcomes: new Map(), finished: 0, of: undefined }, undefined)).toContain(
      'nothing to compare yet',
    );
  });
});
