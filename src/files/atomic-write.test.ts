import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeOutput } from './atomic-write.ts';

const root = mkdtempSync(join(tmpdir(), 'atomic-write-'));
afterAll(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string) => writeOutput(path, (append) => append(Buffer.from(text)));

describe('a file that a user named', () => {
  it('is written through a link, which stays, and not at all where its writing fails', async () => {
    const [file, link] = [join(root, 'target.csv'), join(root, 'latest.csv')];
    writeFileSync(file, 'old');
    symlinkSync('target.csv', link);
    await write(link, 'new');
    expect([readlinkSync(link), readFileSync(file, 'utf8')]).toEqual(['target.csv', 'new']);
    const failing = writeOutput(link, async (append) => {
      await append(Buffer.from('half'));
      throw new Error('stopped');
    });
    await expect(failing).rejects.toThrow('stopped');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'is no file but a pipe or a device: it is written to and never replaced',
    async () => {
      const pipe = join(root, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const [text] = await Promise.all([readFile(pipe, 'utf8'), write(pipe, 'through')]);
      expect(text).toBe('through');
      expect(lstatSync(pipe).isFIFO()).toBe(true);
    },
  );
});
