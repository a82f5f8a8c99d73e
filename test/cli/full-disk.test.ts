import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/verbs.ts';
import { fetchData } from '../../src/studies/downloads/packaged-data.ts';
import { toyEasyVqa } from '../../src/studies/downloads/packages.fixture.ts';
import { type Ended, inProcess } from './cli.fixture.ts';
import { fileWriters, folderWriters, nanoPlaceForTests, readers } from './writers.fixture.ts';

const place = nanoPlaceForTests();

let disk: string;
beforeAll(() => {
  disk = mkdtempSync(join(tmpdir(), 'dide-disk-'));
});
const unmount = (): void => void spawnSync('umount', [disk]);
afterEach(unmount);
afterAll(() => rmSync(disk, { recursive: true, force: true }));

/** Mounts an empty disk of some kilobytes. → whether that may be done here */
const mount = (at: string, kilobytes: number): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at]).status === 0;

const canMount = ((): boolean => {
  const at = mkdtempSync(join(tmpdir(), 'dide-mount-'));
  const isMounted = mount(at, 64);
  if (isMounted) spawnSync('umount', [at]);
  rmSync(at, { recursive: true });
  return isMounted;
})();

/** Files on the disk, without the one that stands for the user's own. */
const files = (): string[] =>
  readdirSync(disk, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name !== 'mine')
    .map((entry) => join(entry.parentPath, entry.name).slice(disk.length + 1));

/** Runs a verb on a disk with some kilobytes of room. */
const runWithin = async (kilobytes: number, argsFor: (out: string) => string[]): Promise<Ended> => {
  unmount();
  expect(mount(disk, kilobytes + 4)).toBe(true);
  writeFileSync(join(disk, 'mine'), Buffer.alloc(4096, 1));
  return await inProcess(argsFor(join(disk, 'out')));
};

const expectTold = ({ code, stdout, stderr }: Ended): void => {
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  const said = stderr.trimEnd().split('\n');
  expect(said.filter((line) => line.includes('disk is full'))).toEqual([said.at(-1)]);
  expect(said.at(-1)!.replace(disk, '')).toMatch(
    /^\/out[\w/.+-]*: the disk is full, and what was there before is untouched: free some space, or write to another disk$/,
  );
  expect(stderr).not.toMatch(/\.partial|\.tmp/);
  expect(readFileSync(join(disk, 'mine'))).toEqual(Buffer.alloc(4096, 1));
};

/** Files that may be there after a full disk, since the same command goes on from them. */
const kept: Readonly<Record<string, RegExp>> = {
  cache: /^out\/(cache\.json|index\.jsonl|vectors\.f16)$/,
  'finetune --cache-teacher': /^out\/(teacher\.json|records\.(f16|jsonl))$/,
};

/** Those that take minutes are tried where they write first, and not at their end. */
const long = ['quickstart', 'reproduce', 'remake'];
const { fetch, ...folders } = folderWriters;
const { 'remake --out': remadeFile, ...single } = fileWriters;
const writers = { ...folders, ...single };

it('every verb is in a table of those that write, or of those that do not', () => {
  const named = [
    ...Object.keys({ ...writers, fetch, 'remake --out': remadeFile }).map((name) => name.split(' ')[0]),
    ...readers,
  ];
  expect(Object.keys(verbs).filter((verb) => !named.includes(verb))).toEqual([]);
});

describe.skipIf(!canMount)('on a full disk', () => {
  it.each(Object.entries(writers))(
    '%s says so in one line, and leaves nothing half',
    async (name, argsFor) => {
      for (const kilobytes of [0, 4, 16, 64]) {
        const ended = await runWithin(kilobytes, (out) => argsFor(out, place()));
        if (ended.code === 0) break;
        expectTold(ended);
        expect(files().filter((file) => !kept[name]?.test(file))).toEqual([]);
      }
      if (long.includes(name)) return;
      // the same command, once there is room: nothing that was left misleads it
      expect(spawnSync('mount', ['-o', 'remount,size=8m', disk]).status).toBe(0);
      const again = await inProcess(argsFor(join(disk, 'out'), place()));
      expect(again.code, again.stderr).toBe(0);
    },
    120_000,
  );

  it.each(Object.entries({ ...writers, fetch: fetch! }))(
    '%s refuses a disk that is read-only before any work',
    async (_, argsFor) => {
      expect(mount(disk, 64)).toBe(true);
      expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
      const { code, stderr } = await inProcess(argsFor(join(disk, 'out'), place()));
      const expected = `/out: ${disk} permits no writing (EROFS): give a path where you may write\n`;
      expect({ code, stderr: stderr.replace(disk, '') }).toEqual({ code: 1, stderr: expected });
    },
  );

  it.each(['scenes', 'convert to parquet'])('%s refuses a mount point, which cannot be renamed', async (name) => {
    expect(mount(disk, 64)).toBe(true);
    const { code, stderr } = await inProcess(folderWriters[name]!(disk, place()));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${disk}: a disk is mounted there, so it cannot be renamed once it is whole: give a folder in it, such as ${disk}/data\n`,
    });
    expect(readdirSync(disk)).toEqual([]);
  });

  it('a training keeps the weights that it has when its checkpoint finds no room', async () => {
    const args = (out: string): string[] => [...folderWriters.finetune!(out, place()), '--validate-every', '1'];
    expectTold({ ...(await runWithin(400, args)), stdout: '' });
    expect(files()).toContain('out/best.safetensors');
    expect(files()).not.toContain('out/last.safetensors');
  });

  it.each([
    ['quickstart', (out: string) => ['quickstart', '--tiny', '--out', out, '--threads', '1', '--resume']],
    [
      'remake',
      (out: string) => [
        ...['remake', 'pretrained-mini', '--tiny', '--folder', out, '--out', `${out}.safetensors`, '--threads', '1'],
      ],
    ],
  ] as const)(
    '%s keeps what it has learnt, and the same command goes on from it',
    async (_, argsFor) => {
      // room for the pictures and the first weights, and not for a checkpoint beside them
      expectTold(await runWithin(10_000, argsFor));
      const before = files();
      expect(before.filter((file) => file.endsWith('.safetensors'))).toEqual([
        expect.stringMatching(/^out\/.*\/best\.safetensors$/),
      ]);
      const scenes = before.find((file) => file.endsWith('scenes.json'))!;
      const { mtimeMs } = statSync(join(disk, scenes));
      expect(spawnSync('mount', ['-o', 'remount,size=200m', disk]).status).toBe(0);
      const again = await inProcess(argsFor(join(disk, 'out')));
      expect(again.code, again.stderr).toBe(0);
      expect(statSync(join(disk, scenes)).mtimeMs).toBe(mtimeMs);
      expect(files().filter((file) => /\.(partial|tmp)/.test(file))).toEqual([]);
    },
    240_000,
  );

  it('an export leaves an earlier one whole', async () => {
    const argsFor = (out: string): string[] => folderWriters['export to onnx']!(out, place());
    expect((await runWithin(400, argsFor)).code).toBe(0);
    const contents = () => files().map((file) => [file, readFileSync(join(disk, file)).toString('base64')]);
    const before = contents();
    expectTold(await inProcess(argsFor(join(disk, 'out'))));
    expect(contents()).toEqual(before);
  });

  it('the fetching of a data set leaves nothing', async () => {
    const from = join(place().root, 'packages');
    mkdirSync(from);
    const data = await toyEasyVqa(from);
    for (const kilobytes of [4, 8, 16]) {
      unmount();
      expect(mount(disk, kilobytes)).toBe(true);
      await expect(fetchData(data, join(disk, 'out'), { from })).rejects.toThrow(/^\/.*\/out: the disk is full/);
      expect(files()).toEqual([]);
    }
  });

  it('what is printed to a file there ends without a stack', () => {
    expect(mount(disk, 4)).toBe(true);
    writeFileSync(join(disk, 'mine'), Buffer.alloc(4096));
    const command = `${process.execPath} --import tsx src/cli/main.ts --help > ${join(disk, 'out')}`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^standard output: no space is left on the disk: [^\n]*\n$/),
    });
  });
});
