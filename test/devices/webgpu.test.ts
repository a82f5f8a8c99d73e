import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNano } from '../fixtures/nano.ts';

/** A driver of Vulkan that needs no GPU: SwiftShader, which comes with Debian's Chromium. */
const driver = ['/usr/lib/chromium'].find((folder) => existsSync(join(folder, 'vk_swiftshader_icd.json')));

const home = mkdtempSync(join(tmpdir(), 'devices-'));
const scenes = join(home, 'scenes');
beforeAll(() => writeNano(scenes), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const child = fileURLToPath(new URL('webgpu.child.ts', import.meta.url));

const computed = async <T>(device: 'cpu' | 'webgpu', what: string): Promise<T> => {
  const env = {
    ...process.env,
    ...(driver && { LD_LIBRARY_PATH: driver, VK_ICD_FILENAMES: join(driver, 'vk_swiftshader_icd.json') }),
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', child, device, what, scenes], {
    env,
  });
  return JSON.parse(stdout) as T;
};

describe.skipIf(!driver)('WebGPU, on a processor', { timeout: 600_000 }, () => {
  it('reads and writes weights in its memory, which reach the host when they are asked for', async () => {
    const expected = { before: [1, 2, 3, 4], after: [1, 4, 3, 10] };
    expect(await computed('cpu', 'resident')).toEqual(expected);
    expect(await computed('webgpu', 'resident')).toEqual(expected);
  });

  it('names operators without a kernel before anything runs, and leaves them to the CPU where told so', async () => {
    const { refused, out } = await computed<{ refused: string; out: number }>('webgpu', 'unsupported');
    expect(refused).toMatch(/^runtime: webgpu has no kernel for Exp: /);
    expect(refused).toContain('--unsupported on-cpu');
    expect(out).toBeCloseTo(Math.E, 12);
  });

  it('answers as the CPU does', async () => {
    type Answers = { answer: string; probability: number }[];
    const [cpu, gpu] = [await computed<Answers>('cpu', 'answers'), await computed<Answers>('webgpu', 'answers')];
    expect(cpu.length).toBeGreaterThan(10);
    for (const [i, { answer, probability }] of cpu.entries()) {
      expect(gpu[i]!.answer).toBe(answer);
      expect(Math.abs(gpu[i]!.probability - probability)).toBeLessThan(1e-5);
    }
  });

  it('trains as the CPU does, over 20 updates, and goes on where it was stopped', async () => {
    const cpu = await computed<number[]>('cpu', 'training');
    const gpu = await computed<number[]>('webgpu', 'resumed');
    expect(cpu).toHaveLength(20);
    expect(gpu).toHaveLength(20);
    for (const [i, loss] of cpu.entries()) expect(Math.abs(gpu[i]! - loss)).toBeLessThan(1e-4);
    expect(Math.abs(cpu[19]! - cpu[0]!)).toBeGreaterThan(1e-2);
  });
});

it('says which device it lacks, and what to do', async () => {
  const env = { ...process.env, VK_ICD_FILENAMES: '/nothing', LD_LIBRARY_PATH: '' };
  const failed = promisify(execFile)(process.execPath, ['--import', 'tsx', child, 'coreml', 'resident', scenes], {
    env,
  });
  if (process.platform !== 'darwin') await expect(failed).rejects.toThrow(/coreml: .*compute on the CPU elsewhere/s);
});
