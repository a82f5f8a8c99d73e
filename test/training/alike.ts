import { expect } from 'vitest';
import type { TrainStep } from '../../src/training/options.ts';

/** Two trainings, update by update: every loss of the one within 1e-3 of the other's. */
export const expectAlike = (some: readonly TrainStep[], others: readonly TrainStep[]): void => {
  expect(some).toHaveLength(others.length);
  for (const [i, { losses }] of others.entries()) {
    for (const [name, loss] of Object.entries(losses)) {
      expect(Math.abs(some[i]!.losses[name]! / loss - 1), `${name} of update ${i + 1}`).toBeLessThan(1e-3);
    }
  }
};
