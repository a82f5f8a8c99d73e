import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What each example must print, whatever the numbers on the way. */
const said: Record<string, RegExp> = {
  '0-train-a-classifier.ts': /^step 1: loss 1\.\d{3}, .*step 300: loss 0\.0\d\d, (9\d|100) % right\n$/s,
  '1-load-a-teacher.ts':
    /^vilt: 3 layers of width 128, 20 answers\n(.+\? .+: (right|wrong)\n){4}([6-9]\d|100) % of 40 questions right\n$/,
  '2-distil-a-student.ts': /^(\d0\/30: soft \d\.\d{3}, attention \d\.\d{3}\n){3}the loss is 0\.\d\d of what it was\n$/,
  '3-cache-and-ask.ts': /^(validation\/0.*\.png: \w+ \(0\.\d\d\)\n){3}40 kept\n40 answers from 40 cached pictures\n$/,
  '4-an-objective-of-your-own.ts': /^1\/30: pair vectors 0\.[89]\d\d apart\n30\/30: pair vectors 0\.[3-7]\d\d apart\n$/,
  '5-define-a-task.ts': /^(9\d|100) % right after 20 updates\n$/,
};

/** Runs a file as a reader would. Rejects, with what it wrote to stderr, unless it ends well. */
const run = async (file: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--import', 'tsx', `examples/${file}`], { cwd: root })).stdout;

describe('every example runs and says what it should', () => {
  for (const file of readdirSync(`${root}/examples`).filter((name) => name.endsWith('.ts'))) {
    it(file, async () => {
      expect(said[file], `test/docs/examples.test.ts does not know what ${file} says`).toBeDefined();
      expect(await run(file)).toMatch(said[file]!);
    });
  }
});
