import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { finishReplacing, openCurrent, replaceTogether } from './replace-together.ts';

const folders: string[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replace-'));
  folders.push(folder);
  for (const name of ['a', 'b']) await writeFile(join(folder, name), `old ${name}`);
});
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true, force: true }))));

const write = async (into: string): Promise<void> => {
  for (const name of ['a', 'b']) await writeFile(join(into, name), `new ${name}`);
};

/** Contents as a reader sees them. */
const seen = async (): Promise<(string | undefined)[]> =>
  Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      const handle = await openCurrent(join(folder, name));
      const text = await handle?.readFile('utf8');
      await handle?.close();
      return text;
    }),
  );

describe('files that are replaced together', () => {
  it('are all new afterwards', async () => {
    await replaceTogether(folder, write);
    expect(await seen()).toEqual(['new a', 'new b', undefined]);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });

  it('are all old where one could not be written', async () => {
    const failing = replaceTogether(folder, async (into) => {
      await writeFile(join(into, 'a'), 'new a');
      throw new Error('no room');
    });
    await expect(failing).rejects.toThrow('no room');
    expect(await seen()).toEqual(['old a', 'old b', undefined]);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });

  it.each([0, 1, 2])(
    'are all new to every reader when %i of them have been moved as the process dies',
    async (moved) => {
      await mkdir(join(folder, 'replacing'));
      await write(join(folder, 'replacing'));
      for (const name of ['a', 'b'].slice(0, moved)) {
        await writeFile(join(folder, name), `new ${name}`);
        await rm(join(folder, 'replacing', name));
      }
      expect(await seen()).toEqual(['new a', 'new b', undefined]);
      await finishReplacing(folder);
      expect(await readFile(join(folder, 'b'), 'utf8')).toBe('new b');
      expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
      await finishReplacing(folder);
    },
  );
});
