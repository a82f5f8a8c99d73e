/**
 * Feeds every reader of foreign files 10,000 damaged ones instead of the 200 of each test run:
 *
 *   npx tsx scripts/soak.ts            all of them, one file of tests after the other: five minutes or more
 *   npx tsx scripts/soak.ts weights    those whose path holds the word
 *   MUTATIONS=1000 npx tsx scripts/soak.ts
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const [word = ''] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');
const fuzzers = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('mutated.test.ts') && path.includes(word))
  .map((path) => join('src', path))
  .sort();

const env = { ...process.env, MUTATIONS: process.env.MUTATIONS ?? '10000' };
const failed = fuzzers.filter(
  (path) => spawnSync('npx', ['vitest', 'run', path], { cwd: root, env, stdio: 'inherit' }).status !== 0,
);
process.stdout.write(`${fuzzers.length} fuzzers, ${env.MUTATIONS} mutations of each, ${failed.length} failed\n`);
process.exitCode = failed.length === 0 && fuzzers.length > 0 ? 0 : 1;
