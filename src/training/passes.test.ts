import { describe, expect, it } from 'vitest';
import { passesOver, warnOfLeftOut } from './passes.ts';

const warningsOf = (examples: number, options: Parameters<typeof warnOfLeftOut>[1]): string[] => {
  const all: string[] = [];
  warnOfLeftOut(examples, { ...options, onWarning: (message) => all.push(message) });
  return all;
};

describe('passes over the data', () => {
  it('are as many whole updates, and at least one', () => {
    expect(passesOver(64, { batch: 8, epochs: 3 })).toEqual({ updates: 24, leftOut: 0 });
    expect(passesOver(70, { batch: 8, epochs: 2, accumulation: 3 })).toEqual({ updates: 5, leftOut: 20 });
    expect(passesOver(5, { batch: 8 })).toEqual({ updates: 1, leftOut: 42 });
    expect(passesOver(70, { batch: 64, updates: 3 })).toEqual({ updates: 3, leftOut: 0 });
  });

  it('say once what is left out, and how many updates would reach it', () => {
    expect(warningsOf(70, { batch: 64, epochs: 1 })).toEqual([
      '6 of 70 examples are left out (1 x 70), since a pass counts as its whole batches: 1 of 2 updates of 64 examples are done; give the number of updates to have more',
    ]);
    expect(warningsOf(64, { batch: 64, epochs: 1 })).toEqual([]);
    expect(warningsOf(70, { batch: 64, updates: 1 })).toEqual([]);
  });
});
