import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openClock } from '../../scripts/gpu-check/clock.ts';
import { relativeError, tablesOf } from '../../scripts/gpu-check/tables.ts';

const home = mkdtempSync(join(tmpdir(), 'gpu-check-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const check = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/gpu-check.ts', ...args]);
const hasGpu = spawnSync('nvidia-smi').status === 0;

describe('the check on a GPU', () => {
  it.skipIf(hasGpu)('says that it was not run where there is none, and that is no failure', async () => {
    const { stdout } = await check();
    expect(stdout).toBe('gpu-check: not run: this machine has no NVIDIA GPU (nvidia-smi names none)\n');
    expect(readFileSync('docs/speed.md', 'utf8')).toMatch(
      /<!-- gpu-check:table -->\nNot measured: .*\n<!-- \/gpu-check:table -->/s,
    );
  });

  it('runs whole on the CPU at toy size: parity, updates in each precision, a question', async () => {
    const out = join(home, 'check.md');
    const { stdout } = await check('--device', 'cpu', '--tiny', '--python', join(home, 'none'), '--out', out);
    const text = readFileSync(out, 'utf8');
    expect(stdout).toBe(text);
    expect(text).toMatch(/^On CPU, a dry run:\n/);
    expect(text).toMatch(/\| float32 \| 0\.0e\+0 \| 0\.0e\+0 \| 0\.00001 \|/);
    const [, loss] = /\| bf16 \| (\S+) \| \S+ \| 0\.1 \|/.exec(text)!;
    expect(Number(loss)).toBeGreaterThan(0);
    for (const name of ['float32', 'tf32', 'bf16'])
      for (const batch of [2, 4]) expect(text).toMatch(new RegExp(`\\| ${name} \\| ${batch} \\| [\\d.]+ \\| - \\|`));
    expect(text).toMatch(/A question over 20,000 generated vectors of the shipped student: [\d.]+ s\./);
    expect(text).toMatch(/Left out: PyTorch: float32: .*ENOENT/);
  }, 600_000);

  it('finds numbers that are apart, and leaves out what no time is left for', () => {
    const bytes = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
    expect(relativeError(bytes(3, 4), bytes(3, 4))).toBe(0);
    expect(relativeError(bytes(3, 4.5), bytes(3, 4))).toBeCloseTo(0.1, 6);
    expect(relativeError(bytes(3), bytes(3, 4))).toBeNaN();
    const clock = openClock(-1);
    expect(clock.part('late', () => 1)).toBeUndefined();
    expect(clock.leftOut).toEqual(['late: no time was left']);
    const steps = [{ name: 'float32', ours: { 4: [2], 64: null }, eager: { 4: [4], 64: [9] } }];
    const text = tablesOf({ card: 'a card', parities: [], steps, asked: undefined, batches: [4, 64], leftOut: [] });
    expect(text).toContain('| float32 | 4 | 2.000 | 4.000 | 0.50 | - | - |');
    expect(text).toContain('| float32 | 64 | too large | 9.000 | - | - | - |');
  });
});
