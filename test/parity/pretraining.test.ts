import { describe, expect, it } from 'vitest';
import { compile } from '../../src/engine/runtime/compile.ts';
import { readJsonFixture } from '../fixtures/parity.ts';
import { fixtures, losses } from './pretraining-symbols.ts';

const reference = readJsonFixture('dide/pretrain/losses');
const isQuotient = (name: string): boolean => !/\.(sum|count)_(valid|all)$/.test(name);

describe('every loss has the reference value (dide/pretrain)', () => {
  it('of matching, contrast and masked words', async () => {
    const { student, teacher, feeds } = await fixtures();
    await using session = await compile(losses(), { parameters: new Map([...student, ...teacher]), threads: 1 });
    const values = await session.run(feeds);
    expect(Object.keys(values).sort()).toEqual(Object.keys(reference.losses).filter(isQuotient).sort());
    for (const [name, { data }] of Object.entries(values)) {
      expect(Math.abs(data[0]! / reference.losses[name] - 1), name).toBeLessThan(1e-5);
    }
  });
});
