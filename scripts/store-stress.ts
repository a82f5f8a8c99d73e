/**
 * Writes one image cache from many processes, kills its writers, and from two process namespaces; then compares every
 * image's numbers with those of a run that nobody disturbed:
 *
 *   npx tsx scripts/store-stress.ts                         20 starts at once x 10 rounds, 200 kills, two namespaces
 *   npx tsx scripts/store-stress.ts --starts 3 --rounds 1 --kills 3
 *   npx tsx scripts/store-stress.ts --cli dist/cli/main.js      the built command, which starts faster than the source
 *
 * A kill comes while the process has the lock, at another moment of its writing each time; every twentieth before that.
 * Two namespaces need `unshare` of util-linux and the right to use it; without it they are left out, and that is said.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createStudent, loadModel, openImageCache, saveModel } from 'dide';
import { encodePng } from 'dide/data';

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '10' },
    kills: { type: 'string', default: '200' },
    images: { type: 'string', default: '40' },
    cli: { type: 'string' },
  },
});
const [starts, rounds, kills, images] = [values.starts, values.rounds, values.kills, values.images].map(Number);
const root = fileURLToPath(new URL('..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'store-stress-'));
const [student, photos] = [join(home, 'student.safetensors'), join(home, 'photos')];
let wrong = 0;

/** One `dide cache`, one image at a time. */
const begin = (to: string, before: readonly string[] = []): ChildProcess => {
  const cli = values.cli ? [resolve(values.cli)] : ['--import', 'tsx', join(root, 'src/cli/main.ts')];
  const verb = ['cache', student, photos, '--to', to, '--threads', '1', '--batch', '1', '--json'];
  const [command, ...args] = [...before, process.execPath, ...cli, ...verb];
  return spawn(command!, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
};

/** → the exit code, and what it said on standard error */
const ended = (child: ChildProcess): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve) => {
    let said = '';
    child.stderr!.on('data', (chunk) => {
      said += chunk;
    });
    child.on('close', (code) => resolve({ code, said }));
  });

const numbersIn = async (folder: string): Promise<Map<string, Float32Array>> => {
  const all = new Map<string, Float32Array>();
  const cache = await openImageCache(folder);
  for await (const { paths, features } of cache.blocks())
    for (const [i, path] of paths.entries())
      all.set(path, features.data.slice(i * cache.about.width, (i + 1) * cache.about.width));
  return all;
};

/** Compares a cache with the undisturbed one, and says how many images differ. */
const compare = async (what: string, folder: string, whole: ReadonlyMap<string, Float32Array>): Promise<void> => {
  const numbers = await numbersIn(folder);
  const differing = [...whole].filter(([path, row]) => {
    const other = numbers.get(path);
    return (
      other === undefined || row.some((value, i) => Math.abs(value - other[i]!) > 1e-5 * Math.max(1, Math.abs(value)))
    );
  });
  wrong += differing.length + Math.abs(numbers.size - whole.size);
  console.log(`${what}: ${numbers.size} images, ${differing.length} with other numbers`);
};

mkdirSync(photos);
await saveModel(student, createStudent(await loadModel(join(root, 'assets/teacher-mini.safetensors'))));
for (let i = 0; i < images!; i += 1) {
  const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * (i + 1) * 7 + ((at >> 5) * i) / 3) % 256);
  writeFileSync(join(photos, `${i}.png`), await encodePng({ width: 32, height: 32, data }));
}
await ended(begin(join(home, 'whole')));
const whole = await numbersIn(join(home, 'whole'));

for (let round = 1; round <= rounds!; round += 1) {
  const to = join(home, `round-${round}`);
  const all = await Promise.all(Array.from({ length: starts! }, () => ended(begin(to))));
  const told = all.filter(({ code, said }) => code === 1 && /is writing it/.test(said)).length;
  const done = all.filter(({ code }) => code === 0).length;
  wrong += starts! - told - done + (done > 0 ? 0 : 1);
  await compare(`round ${round}: ${done} of ${starts} cached, ${told} were told that another does`, to, whole);
}

/** Whether a process holds the lock of a cache: its number is in the file. */
const holds = (folder: string, { pid }: ChildProcess): boolean => {
  const lock = join(folder, 'cache.lock');
  return existsSync(lock) && readFileSync(lock, 'utf8').startsWith(`${pid} `);
};

const killed = join(home, 'killed');
let [kill, finished, writing] = [0, 0, 0];
for (; kill < kills!; kill += 1) {
  if (existsSync(killed) && kill % 10 === 0) rmSync(killed, { recursive: true });
  const child = begin(killed);
  const end = ended(child);
  if (kill % 20 === 19) await sleep(100);
  else while (child.exitCode === null && !holds(killed, child)) await sleep(5);
  await sleep((kill * 37) % 400);
  if (child.exitCode === null && holds(killed, child)) writing += 1;
  child.kill('SIGKILL');
  const { code, said } = await end;
  if (code === 0) finished += 1;
  else if (code !== null) {
    wrong += 1;
    console.log(`kill ${kill + 1}: exit ${code}: ${said}`);
  }
}
if (kills! > 0) {
  await ended(begin(killed));
  await compare(`${kill} kills (${writing} while it wrote, ${finished} came too late)`, killed, whole);
}

const namespace = ['unshare', '--pid', '--fork', '--mount-proc'];
if (spawnSync(namespace[0]!, [...namespace.slice(1), 'true']).status === 0) {
  const to = join(home, 'namespaces');
  const both = await Promise.all([ended(begin(to, namespace)), ended(begin(to, namespace))]);
  wrong += both.filter(({ code, said }) => code !== 0 && !/is writing it/.test(said)).length;
  await compare(`two process namespaces (exits ${both.map(({ code }) => code).join(' and ')})`, to, whole);
} else console.log('two process namespaces: left out, since unshare may not be used here');

rmSync(home, { recursive: true });
console.log(wrong === 0 ? 'all right' : `${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
