import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { saveModel } from '../../src/checkpoints/save-model.ts';
import { openImageCache } from '../../src/inference/open-image-cache.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';
import { endOf, mpirun, runAlone, withoutMpi } from './mpi.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-asking-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const student = join(home, 'student.safetensors');
const pictures = join(home, 'pictures');

/** `dide` in some processes. → what it printed */
const dide = async (processes: number, ...given: readonly string[]): Promise<string> => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const command = [process.execPath, '--import', 'tsx', main, ...given];
  const { code, out, error } = await endOf(processes === 1 ? runAlone(command) : mpirun(processes, command));
  expect(code, error).toBe(0);
  return out;
};

const cacheOf = (processes: number): string => join(home, `cache-${processes}`);

describe.skipIf(withoutMpi)('dide cache in several processes', () => {
  beforeAll(async () => {
    await writeNano(join(home, 'scenes'), 24);
    cpSync(join(home, 'scenes', 'images', 'train'), pictures, { recursive: true });
    // bytes that stand twice are encoded once, whoever reads them
    cpSync(join(pictures, '000001.png'), join(pictures, 'twice.png'));
    const teacher = createModel(nanoDescription('vilt'), 1);
    await saveModel(student, createStudent(teacher, { seed: 2 }));
  }, 120_000);

  it('keeps what one keeps, and encodes nothing again', { timeout: 600_000 }, async () => {
    const printed = [];
    for (const processes of [1, 2, 4]) {
      const out = await dide(
        processes,
        'cache',
        student,
        pictures,
        '--to',
        cacheOf(processes),
        '--batch',
        '2',
        '--json',
      );
      const { milliseconds: _, to: __, ...numbers } = JSON.parse(out) as Record<string, unknown>;
      printed.push(numbers);
    }
    expect(printed[1]).toEqual(printed[0]);
    expect(printed[2]).toEqual(printed[0]);
    const [one, ...others] = await Promise.all([1, 2, 4].map((processes) => openImageCache(cacheOf(processes))));
    const paths = (cache: NonNullable<typeof one>) => cache.entries.map(({ path }) => path).sort();
    for (const other of others) expect(paths(other)).toEqual(paths(one!));
    const again = JSON.parse(await dide(2, 'cache', student, pictures, '--to', cacheOf(2), '--json'));
    expect(again).toMatchObject({ encoded: 0, kept: printed[0]!.images });
  });

  it('and dide ask answers the same, whoever made the cache and however many ask', { timeout: 600_000 }, async () => {
    const asked = ['is there a red star?', '--top', '1000', '--json', '--histogram'];
    const answersOf = async (processes: number, cache: string) =>
      (JSON.parse(await dide(processes, 'ask', student, ...asked, '--cache', cache)) as { answers: object[] }).answers;
    const alone = await answersOf(1, cacheOf(1));
    expect(alone).toHaveLength((await openImageCache(cacheOf(1))).size);
    for (const processes of [2, 4]) expect(await answersOf(processes, cacheOf(1))).toEqual(alone);
    const others = await answersOf(4, cacheOf(4));
    const probabilities = (answers: object[]) =>
      new Map((answers as { image: string; probability: number }[]).map((one) => [one.image, one.probability]));
    for (const [image, probability] of probabilities(alone))
      expect(probabilities(others).get(image), image).toBeCloseTo(probability, 3);
  });
});
