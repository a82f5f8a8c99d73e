import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verbs } from '../../src/cli/verbs.ts';
import { inProcess } from './cli.fixture.ts';

/** The files of ours and the packages that a process loads, tsx and its compiler aside. V8's coverage names all of them. */
const loadedBy = (...args: readonly string[]): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'dide-loaded-'));
  try {
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
      env: { ...process.env, NODE_V8_COVERAGE: folder },
    });
    expect(status).toBe(0);
    const urls = readdirSync(folder).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] };
      return result.map(({ url }) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)|\/(src\/.*)$/.exec(url)?.slice(1) ?? []);
    });
    const names = new Set(urls.flat().filter((name) => name !== undefined && !/^(tsx|esbuild)$/.test(name)));
    return [...names].sort() as string[];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

it.each(['--help', '--version', 'help'])('%s loads no verb and no library but the parser of options', (flag) => {
  const files = [
    'src/cli/main.ts',
    'src/cli/program.ts',
    'src/cli/terminal/command-line.ts',
    'src/cli/terminal/interrupt.ts',
    'src/cli/terminal/notice.ts',
    'src/cli/terminal/printable.ts',
    'src/cli/terminal/system-error.ts',
    'src/cli/verbs.ts',
    'src/errors.ts',
    'src/files/control-characters.ts',
  ];
  expect(loadedBy(flag)).toEqual(['commander', ...files]);
});

it.each(Object.keys(verbs))('the help of %s begins with its usage and one sentence of what it does', async (verb) => {
  const { code, stdout } = await inProcess([verb, '--help']);
  const [usage, empty, sentence] = stdout.split('\n');
  expect(code).toBe(0);
  expect([usage, empty]).toEqual([expect.stringMatching(`^Usage: dide ${verb} `), '']);
  expect(sentence).toMatch(/^[A-Z][a-z]+s /);
  expect((await inProcess(['help', verb])).stdout).toBe(stdout);
});

it('the help of the program has a line for each verb', async () => {
  const { stdout } = await inProcess(['--help']);
  for (const name of Object.keys(verbs)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  for (const { summary } of Object.values(verbs)) expect(stdout).toContain(summary);
});
