import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const engine = new URL('../../engine.ts', import.meta.url).href;
const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Runs a graph in a process of its own, then prints the variable and the number of its threads, the fewest of the second
 * second: a thread of the runtime's stays, one of the loader's may come and go.
 */
const code = `
const { compile, input, add } = await import(${JSON.stringify(engine)});
const session = await compile({ out: add(input('x', [1]), 1) }, { threads: 1 });
await session.run({ x: { shape: [1], data: Float32Array.of(1) } });
const { readdirSync, existsSync } = await import('node:fs');
const count = () => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);
let tasks = Infinity;
for (let sample = 0; sample < 10; sample += 1) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (sample >= 4) tasks = Math.min(tasks, count());
}
console.log(process.env.ORT_DISABLE_TELEMETRY, tasks);
session.close();
`;

const run = (env: NodeJS.ProcessEnv): { readonly said: string; readonly threads: number } => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', code];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [said, threads] = stdout.trim().split(' ') as [string, string];
  return { said, threads: Number(threads) };
};

it('ONNX Runtime sends no telemetry, and starts no thread for it, unless the user wants it', {
  timeout: 60_000,
  // on a busy machine Node itself has a thread more or less now and then; one of telemetry would be there each time
  retry: 2,
}, () => {
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const silent = run(env);
  expect(silent.said).toBe('1');
  expect(silent.threads).toBe(run({ ...env, ORT_DISABLE_TELEMETRY: '1' }).threads);
  expect(run({ ...env, ORT_DISABLE_TELEMETRY: '0' }).said).toBe('0');
});
