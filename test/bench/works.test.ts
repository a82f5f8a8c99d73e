import { describe, expect, it } from 'vitest';
import { cases } from '../../bench/cases.ts';
import { pretrain, step, stepByInt8 } from '../../bench/training-works.ts';

const setting = { case: cases.mini, batch: 4, threads: 1, folder: '' };

describe('the benchmarks of training', () => {
  it.each([
    ['step', step],
    ['step-int8', stepByInt8],
    ['pretrain', pretrain],
  ])('%s updates the student: its loss falls', async (_, work) => {
    const run = await work(setting);
    const { loss: first } = await run();
    for (let i = 0; i < 3; i += 1) await run();
    expect((await run()).loss).toBeLessThan(first!);
  });
});
