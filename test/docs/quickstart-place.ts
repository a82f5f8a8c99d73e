import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { quickstartWorld, writeMiniScenes } from '../../src/studies/shipped/mini-scenes.ts';
import { root } from './markdown.ts';

/** A folder in which a reader has run `npm ci && npm run quickstart`, with fewer pictures. */
export interface QuickstartPlace {
  readonly folder: string;
  /** Runs TypeScript as `npx tsx FILE` does in the checkout. → what it printed. @throws Error unless it ends well. */
  readonly run: (file: string, ...args: readonly string[]) => Promise<string>;
  /** Writes a file below the folder. → its path */
  readonly write: (name: string, text: string) => Promise<string>;
}

/** Data of the quickstart, as documents name them. */
export const QUICKSTART_DATA = 'runs/quickstart/scenes-0-4000';

/** Makes the place before the tests of a file, and removes it after them. */
export const quickstartPlaceForTests = (): (() => QuickstartPlace) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dide-docs-'));
    for (const part of ['assets', 'examples']) await symlink(root + part, join(folder, part));
    await mkdir(join(folder, QUICKSTART_DATA), { recursive: true });
    const sizes = { pairs: 48, heldOutPairs: 20, seed: 1000 };
    await writeMiniScenes(join(folder, QUICKSTART_DATA), { ...sizes, world: quickstartWorld });
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, TSX_TSCONFIG_PATH: `${root}tsconfig.json` };
  return () => ({
    folder,
    run: async (file, ...args) => {
      const program = ['--import', import.meta.resolve('tsx'), file, ...args];
      return (await promisify(execFile)(process.execPath, program, { cwd: folder, env })).stdout;
    },
    write: async (name, text) => {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
  });
};
