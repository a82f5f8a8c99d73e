import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explainSystemError } from './system-error.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dide-system-error-'));
  writeFileSync(join(root, 'file'), '');
  mkdirSync(join(root, 'folder', 'full'), { recursive: true });
  symlinkSync(join(root, 'circle'), join(root, 'circle'));
});
afterAll(() => rmSync(root, { recursive: true }));

const failures: Readonly<Record<string, () => unknown>> = {
  ENOENT: () => readFileSync(join(root, 'none')),
  ENOTDIR: () => readdir(join(root, 'file')),
  EISDIR: () => open(join(root, 'folder'), 'w'),
  EEXIST: () => mkdir(join(root, 'file')),
  ENOTEMPTY: () => rename(join(root, 'folder', 'full'), join(root, 'folder')),
  ELOOP: () => open(join(root, 'circle')),
  ENAMETOOLONG: () => open(join(root, 'x'.repeat(300))),
};

it.each(Object.keys(failures))('%s is said with the path, what is wrong and what to do', async (code) => {
  const error = await (async () => failures[code]!())().catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code });
  const said = explainSystemError(error)!.replace(root, '');
  expect(said).toMatch(new RegExp(`^/\\w+: [^:]+: [^:]+ \\(${code}\\)$`));
});

it('a full disk, which names no path, is said, too; and an error of ours is left alone', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  expect(explainSystemError(full)).toMatch(/^no space is left on the disk: free some/);
  expect(explainSystemError(new Error('x'))).toBeUndefined();
  expect(explainSystemError(Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
});
