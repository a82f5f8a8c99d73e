import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each example must print, whatever the numbers on the way. */
const said: Record<string, RegExp> = {
  '0-train-a-classifier.ts': /^step 1: loss 1\.\d{3}, .*step 300: loss 0\.0\d\d, (9\d|100) % right\n$/s,
};

/** Runs a file as a reader would. Rejects, with what it wrote to stderr, unless it ends well. */
const run = async (file: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--import', 'tsx', `examples/${file}`], { cwd: root })).stdout;

describe('every example runs and says what it should', () => {
  for (const file of readdirSync(`${root}/examples`).filter((name) => name.endsWith('.ts'))) {
    it(file, async () => {
      expect(said[file], `test/examples.test.ts does not know what ${file} says`).toBeDefined();
      expect(await run(file)).toMatch(said[file]!);
    });
  }
});
