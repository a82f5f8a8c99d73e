import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childCommand, endOf, mpirun, runAlone, withoutMpi } from './mpi.fixture.ts';
import type { Orders, Outcome } from './training.child.ts';
import { type TrainingName, trainings, writeTrainingData } from './trainings.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const names = Object.keys(trainings) as TrainingName[];

type Outcomes = Readonly<Record<TrainingName, Outcome>>;

/** Outcomes of all trainings on some processes, with that many examples for each. */
const trained = async (orders: Omit<Orders, 'names'>, processes: number): Promise<Outcomes> => {
  const path = join(home, `on-${processes}.json`);
  writeFileSync(path, JSON.stringify({ ...orders, names }));
  const command = childCommand(new URL('training.child.ts', import.meta.url), path);
  const { code, error } = await endOf(processes === 1 ? runAlone(command) : mpirun(processes, command));
  if (code !== 0) throw new Error(error);
  return JSON.parse(readFileSync(path.replace('.json', '.outcomes.json'), 'utf8')) as Outcomes;
};

/**
 * Whether a number of a parameter moves no output. A bias of keys adds the same to all scores of a query, and a softmax
 * does not see it: its gradient is rounding alone, of which AdamW makes steps. It is the middle third of `qkv.bias`.
 */
const isUnseen = (name: string, place: number, { length }: readonly number[]): boolean =>
  name.endsWith('attn.qkv.bias') && place >= length / 3 && place < (2 * length) / 3;

const largestDifference = (some: readonly number[], others: readonly number[], isLeftOut: (i: number) => boolean) =>
  some.reduce((most, x, i) => (isLeftOut(i) ? most : Math.max(most, Math.abs(x - others[i]!))), 0);

describe.skipIf(withoutMpi)('two processes with 4 examples of each batch, after 20 updates', () => {
  let [alone, together]: [Outcomes?, Outcomes?] = [];
  beforeAll(async () => {
    const data = await writeTrainingData(home);
    alone = await trained({ data, updates: 20, batch: 8 }, 1);
    together = await trained({ data, updates: 20, batch: 4 }, 2);
  }, 1_200_000);

  it.each(names)('are as one with all 8: %s', (name) => {
    const [one, two] = [alone![name], together![name]];
    expect(two.losses).toHaveLength(20);
    for (const [i, losses] of one.losses.entries()) {
      expect(Object.keys(two.losses[i]!)).toEqual(Object.keys(losses));
      for (const [loss, value] of Object.entries(losses)) {
        const apart = Math.abs(two.losses[i]![loss]! - value) / Math.max(1, Math.abs(value));
        expect(apart, `${loss} of update ${i + 1}`).toBeLessThan(1e-6);
      }
    }
    for (const [key, weights] of Object.entries(one.weights)) {
      const apart = largestDifference(weights, two.weights[key]!, (i) => isUnseen(key, i, weights));
      expect(apart, key).toBeLessThan(1e-5);
    }
    expect(two.validations).toEqual(one.validations);
  });
});

describe('tests of several processes', () => {
  it('are run, or it is said why not', ({ skip }) => {
    if (withoutMpi) skip(withoutMpi);
    expect(withoutMpi).toBeUndefined();
  });
});
