import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dide, type Ended, inProcess } from './cli.fixture.ts';
import { fakeDownloads, folderWriters, nanoPlaceForTests } from './writers.fixture.ts';

const place = nanoPlaceForTests();

/** Those that take minutes, of which only the beginning is tried. */
const long = ['quickstart', 'reproduce', 'remake', 'fetch'];

/** Files whose bytes hold the time of their making, or the command that made them, and what is derived from others. */
const ofTheirTime = /^(metrics\.jsonl|events\.out.*|README\.md|index\.columns)$/;

/** Values by which one making differs from another: its name, and the time that it took. */
const OF_ONE_MAKING = /"(stamp|milliseconds)": ?("\w+"|[\d.e-]+)/g;

/** Everything in a folder, as it must be whoever wrote it. */
const contentsOf = (folder: string) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !ofTheirTime.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(folder.length), readFileSync(path, 'latin1').replace(OF_ONE_MAKING, '')]);

const REFUSED =
  /is writing it|is not empty: give a new folder|already has the curves of a run|already: give an empty or new folder/;

const expectToldOrDone = ({ code, stdout, stderr }: Ended): void => {
  if (code === 0) return;
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(REFUSED);
};

describe('of two that begin at the same moment', () => {
  it.each(Object.entries(folderWriters).filter(([name]) => !long.includes(name)))(
    '%s: one does it and the other says so, or both are right',
    async (name, argsFor) => {
      const at = (which: string): string => join(place().root, `${name.replaceAll(' ', '-')}-${which}`);
      const both = await Promise.all([0, 1].map(() => dide(argsFor(at('both'), place()))));
      both.forEach(expectToldOrDone);
      expect(both.map(({ code }) => code)).toContain(0);
      const alone = await inProcess(argsFor(at('alone'), place()));
      expect(alone.code, alone.stderr).toBe(0);
      expect(contentsOf(at('both'))).toEqual(contentsOf(at('alone')));
    },
    120_000,
  );

  it.each(long)(
    '%s: one goes on and the other says so',
    async (name) => {
      const out = join(place().root, `long-${name}`);
      const ends: ((signal: NodeJS.Signals) => void)[] = [];
      const running = [0, 1].map(() =>
        dide(
          folderWriters[name]!(out, place()),
          (kill) => void ends.push(kill),
          fakeDownloads(join(place().root, 'bin')).env,
        ),
      );
      const [first, ended] = await Promise.race(running.map(async (one, i) => [i, await one] as const));
      expectToldOrDone(ended);
      expect(ended.code).toBe(1);
      ends[1 - first]!('SIGTERM');
      expect((await running[1 - first]!).code).toBe(143);
    },
    120_000,
  );
});
