import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../errors.ts';
import { obtainPackage, type PackageFile } from './package-file.ts';

let root: string;
let to: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-client-'));
  to = join(root, 'to');
  await mkdir(to);
  await mkdir(join(root, 'bin'));
  vi.stubEnv('PATH', join(root, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

const wanted: PackageFile = {
  client: 'npm',
  name: 'toys@1.0.0',
  file: 'toys-1.0.0.tgz',
  integrity: `sha256-${createHash('sha256').update('toys').digest('base64')}`,
  licence: 'MIT',
};

/** Stands for the command of a registry. */
const install = async (program: string, script: string): Promise<void> => {
  await writeFile(join(root, 'bin', program), `#!${process.execPath}\n${script}\n`);
  await chmod(join(root, 'bin', program), 0o755);
};

const saying = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message.replaceAll(root, '');
};

describe.skipIf(process.platform === 'win32')('a package', () => {
  it('is downloaded by the command of its registry, which runs nothing of it', async () => {
    await install(
      'npm',
      "require('fs').writeFileSync('toys-1.0.0.tgz', 'toys'); require('fs').writeFileSync('args', process.argv.slice(2).join(' '))",
    );
    expect(await obtainPackage(wanted, { to })).toBe(join(to, 'toys-1.0.0.tgz'));
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(join(to, 'args'), 'utf8')).toBe('pack --ignore-scripts --loglevel=error toys@1.0.0');
  });

  it('that is not the one known is refused, however it came', async () => {
    await install('npm', "require('fs').writeFileSync('toys-1.0.0.tgz', 'tricks')");
    expect(await saying(obtainPackage(wanted, { to }))).toMatch(
      /^\/to\/toys-1.0.0.tgz: is not the toys@1.0.0 that is known: its sha256 is .*, not .*: get it again/,
    );
    expect(await saying(obtainPackage(wanted, { to, from: to }))).toMatch(/is not the toys@1.0.0 that is known/);
  });

  it('cannot be had without the command, and the error says what to do', async () => {
    expect(await saying(obtainPackage(wanted, { to }))).toBe(
      'toys@1.0.0: npm is not there: install npm, or download it by hand, and give its folder with --from.',
    );
    const wheel = { ...wanted, client: 'pip', name: 'toys==1.0' } as const;
    expect(await saying(obtainPackage(wheel, { to }))).toContain('python3 is not there: install Python with pip, or');
  });

  it('that the command does not give leaves its reason in the error', async () => {
    await install(
      'python3',
      "console.error('WARNING: slow\\nERROR: No matching distribution found for toys==1.0\\nmore'); process.exit(1)",
    );
    const wheel = { ...wanted, client: 'pip', name: 'toys==1.0' } as const;
    expect(await saying(obtainPackage(wheel, { to }))).toMatch(
      /^toys==1.0: pip ended with 1 \(ERROR: No matching distribution found for toys==1.0\): mend that, or download it by hand/,
    );
    await install(
      'npm',
      "console.error('npm error code E404\\nnpm error 404 Not Found - toys\\nnpm error A complete log: x'); process.exit(1)",
    );
    expect(await saying(obtainPackage(wanted, { to }))).toContain('(npm error 404 Not Found - toys)');
    await install('npm', '');
    expect(await saying(obtainPackage(wanted, { to }))).toMatch(
      /^toys@1.0.0: npm downloaded another file than toys-1.0.0.tgz/,
    );
  });

  it('is taken from a folder or as a file where it was downloaded before, and asked for by name otherwise', async () => {
    const from = join(root, 'downloads');
    expect(await saying(obtainPackage(wanted, { to, from }))).toMatch(/^\/downloads: there is no such file or folder/);
    await mkdir(from);
    expect(await saying(obtainPackage(wanted, { to, from }))).toMatch(
      /^\/downloads: toys-1.0.0.tgz \(toys@1.0.0\) is wanted here and is not/,
    );
    const path = join(from, 'toys-1.0.0.tgz');
    await writeFile(path, 'toys');
    expect(await obtainPackage(wanted, { to, from })).toBe(path);
    expect(await obtainPackage(wanted, { to, from: path })).toBe(path);
  });

  it('whose download is stopped is not waited for', async () => {
    await install('npm', 'setTimeout(() => {}, 60_000)');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(obtainPackage(wanted, { to, signal: stop.signal })).rejects.toThrow(/abort/);
  });
});
