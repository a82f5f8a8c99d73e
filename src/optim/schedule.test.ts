import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { learningRateAt } from './schedule.ts';

interface Run {
  readonly base_lr: number;
  readonly warmup_steps: number;
  readonly total_steps: number;
  readonly power: number;
  readonly lr_end: number;
  readonly lr_of_update: number[];
}

const { polynomial } = JSON.parse(
  readFileSync(new URL('../../test/parity/optim/schedule.json', import.meta.url), 'utf8'),
) as { polynomial: Run[] };

test.each(polynomial)('follows the polynomial schedule of power $power, warm-up $warmup_steps', (run) => {
  const schedule = { peak: run.base_lr, warmup: run.warmup_steps, total: run.total_steps };
  run.lr_of_update.forEach((expected, update) => {
    const rate = learningRateAt(update, { ...schedule, end: run.lr_end, power: run.power });
    expect(Math.abs(rate - expected)).toBeLessThan(1e-15);
  });
});

test('falls in a straight line to zero unless told otherwise', () => {
  const schedule = { peak: 1e-4, warmup: 10, total: 110 };
  expect(learningRateAt(0, schedule)).toBe(0);
  expect(learningRateAt(10, schedule)).toBe(1e-4);
  expect(learningRateAt(60, schedule)).toBeCloseTo(5e-5, 12);
  expect(learningRateAt(110, schedule)).toBe(0);
});
