import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const child = fileURLToPath(new URL('int8.child.ts', import.meta.url));

const exactOn = async (command: string, ...args: string[]): Promise<{ usual: boolean; exact: boolean }> => {
  const { stdout } = await promisify(execFile)(command, [...args, '--import', 'tsx', child]);
  return JSON.parse(stdout);
};

/** An emulator of other processors: Debian's qemu-user. */
const hasEmulator = spawnSync('qemu-x86_64', ['--version']).status === 0 && process.arch === 'x64';

describe('products of int8', () => {
  it('are exact on this processor, in a way that is taken after a test', async () => {
    expect((await exactOn(process.execPath)).exact).toBe(true);
  }, 120_000);

  it.skipIf(!hasEmulator)(
    'overflow on a processor without VNNI, a Haswell, and are exact there in the other way',
    async () => {
      const found = await exactOn('qemu-x86_64', '-cpu', 'Haswell', process.execPath);
      expect(found).toEqual({ usual: false, exact: true });
    },
    600_000,
  );
});
