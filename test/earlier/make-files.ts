/**
 * Makes test/files/earlier with an earlier version of dide, in a checkout of its own with its node_modules:
 *
 *   npx tsx test/earlier/make-files.ts CHECKOUT        # here: that of commit 51009c7, before the rebuild
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Expected, jsonLinesOf, processor, type Run, runIn } from './expected.ts';
import {
  caches,
  data,
  evaluated,
  files,
  hasAnswers,
  overCache,
  pictures,
  pretrained,
  stopped,
  trained,
} from './journeys.ts';

const checkout = process.argv[2]!;
const cli = ['--import', 'tsx', 'src/cli/main.ts'];
const work = `${files}-work`;

const dide = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [...cli, ...args], { cwd: checkout, encoding: 'utf8' });
const jsonOf = (...args: readonly string[]) => JSON.parse(dide(...args, '--json')) as Record<string, unknown>;
const linesIn = (path: string): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);

/** Starts a run and kills it between its first checkpoint and its end; again, where it was too fast. */
const stop = async (args: readonly string[], out: string): Promise<void> => {
  for (let isStopped = false; !isStopped; ) {
    rmSync(out, { recursive: true, force: true });
    const child = spawn(process.execPath, [...cli, ...args, '--out', out, '--json'], { cwd: checkout });
    while (!existsSync(`${out}/last.safetensors`)) await setTimeout(1);
    child.kill('SIGKILL');
    await new Promise((settle) => child.on('close', settle));
    isStopped = linesIn(`${out}/metrics.jsonl`) < 12;
  }
};

const finish = (name: string, args: readonly string[]): Run => {
  dide(...args, '--out', `${work}/${name}`, '--json');
  return runIn(`${work}/${name}`);
};

const evaluate = (path: string, name: string) => {
  const [predictions, args] = [`${work}/predictions.jsonl`, ['evaluate', `${files}/${path}`, '--threads', '1']];
  const writing = hasAnswers(name) ? ['--predictions', predictions] : [];
  const { lines } = jsonOf(...args, '--data', `${files}/data/${name}`, ...writing);
  return { lines, predictions: hasAnswers(name) ? jsonLinesOf(predictions) : [] };
};

for (const folder of [files, work]) rmSync(folder, { recursive: true, force: true });
for (const folder of [`${files}/models`, work]) mkdirSync(folder, { recursive: true });
for (const [name, args] of Object.entries(data)) dide('scenes', `${files}/data/${name}`, ...args, '--seed', '3');
for (const [name, args] of Object.entries(trained)) {
  finish(name, args);
  cpSync(`${work}/${name}/best.safetensors`, `${files}/models/${name}.safetensors`);
}
const runs: Record<string, Run> = {};
for (const [name, args] of Object.entries(stopped)) {
  await stop(args, `${files}/runs/${name}`);
  runs[name] = finish(name, args);
}
const student = `${files}/runs/student/best.safetensors`;
const asked: Record<string, unknown> = {};
for (const [name, { student, question }] of Object.entries(caches)) {
  const cache = `${files}/${name}`;
  dide('cache', student, pictures, '--to', cache, '--threads', '1', '--json');
  asked[name] = jsonOf('ask', student, question, '--cache', cache, '--top', '99', '--threads', '1');
}
dide('export', student, '--out', `${files}/exported`, '--threads', '1');
dide('export', student, '--to', 'safetensors', '--precision', 'fp16', '--out', `${files}/student-fp16.safetensors`);
dide('export', `${files}/models/teacher.safetensors`, '--to', 'huggingface', '--out', `${files}/hugging-face`);
const expected: Expected = {
  processor: processor(),
  runs,
  overCache: finish('over-cache', overCache),
  asked,
  evaluated: Object.fromEntries(Object.entries(evaluated).map(([path, name]) => [path, evaluate(path, name)])),
  inspected: Object.fromEntries(
    [...Object.keys(evaluated), ...pretrained].map((path) => [path, jsonOf('inspect', `${files}/${path}`)]),
  ),
};
writeFileSync(`${files}/expected.json`, `${JSON.stringify(expected, undefined, 1)}\n`);
const committed = fileURLToPath(new URL('../files/earlier', import.meta.url));
rmSync(committed, { recursive: true, force: true });
cpSync(files, committed, { recursive: true });
for (const folder of [files, work]) rmSync(folder, { recursive: true, force: true });
