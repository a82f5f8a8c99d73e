import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeNano } from '../fixtures/nano.ts';
import { allowed, isFaultTolerant, mpi, withoutMpi } from './mpi.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-ctrl-c-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** util-linux's, which gives a program a terminal. */
const withoutTerminal = spawnSync('script', ['--version']).stdout?.includes('util-linux') !== true;

/** Processes whose command line has a word. */
const runningWith = (word: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        return false;
      }
    });

describe.skipIf(withoutMpi ?? withoutTerminal)('Ctrl-C', () => {
  it('at a terminal of mpirun ends all processes at once, and says so in one line', { timeout: 240_000 }, async () => {
    const [data, out] = [join(home, 'data'), join(home, 'run')];
    await writeNano(data, 16);
    const training = `"${process.execPath}" --import tsx src/cli/main.ts finetune --from-scratch --size tiny --data ${data}`;
    const given = `--out ${out} --batch 2 --updates 5000 --threads 1`;
    const command = `"${join(mpi!, 'bin', 'mpirun')}" --bind-to none -n 2 ${training} ${given}`;
    const pressed = async () => {
      const child = spawn('script', ['-qfec', command, '/dev/null'], {
        cwd: resolve('.'),
        env: { ...process.env, ...allowed },
      });
      let printed = '';
      child.stdout.on('data', (text) => {
        if (!/ · loss /.test(printed) && / · loss /.test(`${printed}${text}`)) child.stdin.write('\x03');
        printed += text;
      });
      const code = await new Promise<number | null>((end) => child.on('close', end));
      return { code, printed };
    };
    let end = await pressed();
    // mpirun's start dies now and then (docs/scale.md), before anything is printed
    for (let again = 0; again < 2 && !end.printed.includes(' · loss '); again += 1) end = await pressed();
    expect(end.code).not.toBe(0);
    const [, after] = end.printed.split('^C');
    const [said, ...rest] = after!.trim().split('\r\n');
    expect(said).toMatch(
      /^Stopped: a signal ends all processes\. .* the same command goes on, a training with --resume\./,
    );
    // the mpirun of version 4 gives them the time for the end of an update
    expect(rest.join('\n')).toMatch(
      isFaultTolerant ? /^$/ : /^(.*\n)?Stopped after update \d+ of 5000; .* with --resume\.$/,
    );
    expect(existsSync(out)).toBe(true);
    expect(runningWith(out)).toEqual([]);
  });
});
