import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarballOf, zipOf } from '../studies/downloads/packages.fixture.ts';
import { jsonIn, readTarball } from './tar.ts';
import { readZip } from './zip.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-archives-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const saved = async (name: string, bytes: Uint8Array): Promise<string> => {
  await writeFile(join(root, name), bytes);
  return join(root, name);
};

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes!).toString('utf8');

describe('a zip archive', () => {
  const files = { 'a/stored.png': 'four', 'b/deflated.json': '[1, 2, 3]'.repeat(100), empty: '' };

  it('gives back its files, stored, deflated and empty', async () => {
    const archive = await readZip(await saved('whole.zip', zipOf(files)));
    expect([...archive].map(([name, read]) => [name, text(read())])).toEqual(Object.entries(files));
  });

  it('that is damaged or cut short anywhere is never read as something else', async () => {
    const whole = zipOf(files);
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x55;
      const archive = await readZip(await saved('damaged.zip', bytes)).catch((error: Error) => error);
      if (archive instanceof Error) expect(archive.message).toMatch(/no whole zip archive: .*: get it again/);
      else for (const [name, read] of archive) expectWholeOrDamaged(read, files[name as keyof typeof files]);
      await expect(readZip(await saved('short.zip', whole.subarray(0, at)))).rejects.toThrow('it has no end record');
    }
  });
});

const expectWholeOrDamaged = (read: () => Uint8Array, content: string | undefined): void => {
  try {
    const bytes = read();
    if (content !== undefined) expect(text(bytes)).toBe(content);
  } catch (error) {
    expect((error as Error).message).toMatch(/no whole zip archive/);
  }
};

describe('a tarball', () => {
  it('gives the files that are asked for', async () => {
    const path = await saved('toys.tgz', await tarballOf({ 'a.json': '{"one": 1}', 'b.txt': 'two' }));
    const files = await readTarball(path, (name) => name.endsWith('.json'));
    expect([...files.keys()]).toEqual(['package/a.json']);
    expect(jsonIn(files, 'package/a.json', path)).toEqual({ one: 1 });
    expect(() => jsonIn(files, 'package/c.json', 'toys.tgz')).toThrow(
      /^toys.tgz: has no package\/c.json: it is not the package/,
    );
  });

  it('that is cut short, or none, is an error', async () => {
    const whole = await tarballOf({ 'a.txt': 'x'.repeat(5000) });
    for (const bytes of [whole.subarray(0, whole.length - 20), Buffer.from('no tarball')])
      await expect(readTarball(await saved('short.tgz', bytes), () => true)).rejects.toThrow(
        /no whole tarball .*: get it again/,
      );
    await expect(readTarball(join(root, 'none.tgz'), () => true)).rejects.toThrow(/ENOENT/);
  });
});
