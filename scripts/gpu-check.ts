/**
 * Checks this project on an NVIDIA GPU, in under eight minutes: that it builds, that losses and gradients are those of
 * the processor, how long a training's update takes beside PyTorch's, and a question over ten million vectors. The
 * tables are written into docs/speed.md, under the name of the card.
 *
 *   npx tsx scripts/gpu-check.ts --runtime libonnxruntime.so.1.31.1 --python peers/bin/python
 *   npx tsx scripts/gpu-check.ts --device cpu --tiny --out check.md       the same code without a GPU, at toy size
 *
 * docs/devices.md says where a library with CUDA is found. Parts that the time (--minutes, default 8) does not allow are
 * left out, and named. Without a GPU nothing is run, and it says so; exit code 1 where parity or the build fails.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Device } from '../src/engine/runtime/backend.ts';
import type { TrainingPrecision } from '../src/training/updates/precision.ts';
import { openClock } from './gpu-check/clock.ts';
import { type Parity, relativeError, type StepRow, tablesOf } from './gpu-check/tables.ts';

const { values: flags } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    tiny: { type: 'boolean', default: false },
    runtime: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string', default: 'docs/speed.md' },
    minutes: { type: 'string', default: '8' },
  },
});

/** A precision as the table names it: what our side computes in, and whether TensorFloat-32 is on. */
const precisions = {
  float32: { precision: 'float32', tf32: '0', most: 1e-5 },
  tf32: { precision: 'float32', tf32: '1', most: 1e-3 },
  bf16: { precision: 'bf16', tf32: '0', most: 1e-1 },
} as const satisfies Record<
  string,
  { readonly precision: TrainingPrecision; readonly tf32: '0' | '1'; readonly most: number }
>;
type Name = keyof typeof precisions;
const names = Object.keys(precisions) as Name[];

const full = { size: 'base', parityBatch: 2, batches: [4, 8, 16, 32, 64], repeats: 5, vectors: 10_000_000, threads: 4 };
const toy = { size: 'mini', parityBatch: 2, batches: [2, 4], repeats: 2, vectors: 20_000, threads: 2 };
const sizes = flags.tiny ? toy : full;

/** Name of the card; undefined where there is none. */
const cardOf = (device: string): string | undefined => {
  if (device === 'cpu') return 'CPU, a dry run';
  if (device !== 'cuda') return device;
  try {
    const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
    return execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')[0]!
      .trim();
  } catch {
    return undefined;
  }
};

const main = (card: string): void => {
  const clock = openClock(60_000 * Number(flags.minutes));
  const folder = mkdtempSync(join(tmpdir(), 'dide-gpu-'));
  try {
    if (!flags.tiny) clock.part('build', () => execFileSync('npm', ['run', 'build'], { stdio: 'ignore' }));
    const parities = parityOf(clock, folder);
    const asked = clock.part('ask', () =>
      ours<{ seconds: number; vectors: number }>(flags.device, 'float32', askRequest),
    );
    const steps = stepsOf(clock);
    const text = tablesOf({ card, parities, steps, asked, batches: sizes.batches, leftOut: clock.leftOut });
    console.log(text);
    write(flags.out, text);
    const apart = parities.filter(({ loss, gradient, most }) => !(Math.max(loss, gradient) <= most));
    if (apart.length === 0 && clock.failed.length === 0) return;
    for (const { name, most } of apart)
      console.error(`gpu-check: ${name}: apart from the processor by more than ${most}`);
    for (const failure of clock.failed) console.error(`gpu-check: ${failure}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const askRequest = { what: 'ask', vectors: sizes.vectors, threads: sizes.threads };

/** Runs our half on a device. */
const ours = <T>(device: string, name: Name, request: object): T => {
  const { precision, tf32 } = precisions[name];
  const env = {
    ...process.env,
    ...{ DIDE_DEVICE: device as Device, DIDE_TF32: tf32 },
    ...(flags.runtime !== undefined && { DIDE_ORT: flags.runtime }),
  };
  const given = JSON.stringify({ size: sizes.size, precision, ...request });
  const args = ['--import', 'tsx', 'scripts/gpu-check/child.ts', given];
  const said = execFileSync(process.execPath, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return JSON.parse(said.trim().split('\n').at(-1)!) as T;
};

type Clock = ReturnType<typeof openClock>;

/** Losses and gradients of each precision against those of the processor in float32. */
const parityOf = (clock: Clock, folder: string): Parity[] => {
  const run = (device: string, name: Name) => {
    const gradients = join(folder, `${device}-${name}`);
    const request = { what: 'parity', batch: sizes.parityBatch, gradients };
    const { losses } = ours<{ losses: Record<string, number> }>(device, name, request);
    return { losses, gradients: readFileSync(gradients) };
  };
  const exact = clock.part('parity: the processor', () => run('cpu', 'float32'));
  if (!exact) return [];
  return names.flatMap((name) => {
    const found = clock.part(`parity: ${name}`, () => run(flags.device, name));
    if (!found) return [];
    const losses = Object.entries(exact.losses).map(([loss, value]) => Math.abs(found.losses[loss]! / value - 1));
    const gradient = relativeError(found.gradients, exact.gradients);
    return [{ name, loss: Math.max(...losses), gradient, most: precisions[name].most }];
  });
};

type Times = Readonly<Record<string, readonly number[] | null>>;

/** Milliseconds of an update, ours and PyTorch's, eager and compiled. */
const stepsOf = (clock: Clock): StepRow[] => {
  const { size, batches, repeats } = sizes;
  return names.flatMap((name): StepRow[] => {
    const request = { what: 'steps', batches, repeats };
    const own = clock.part(`steps: ${name}`, () => ours<{ milliseconds: Times }>(flags.device, name, request));
    const peer = (compiled: boolean): { milliseconds: Times; torch: string } | undefined => {
      const args = ['--device', flags.device, '--precision', name, '--size', size, '--batches', `${batches}`];
      const all = ['scripts/gpu-check/peer.py', ...args, '--repeats', `${repeats}`, ...(compiled ? ['--compile'] : [])];
      return clock.part(`PyTorch: ${name}${compiled ? ', compiled' : ''}`, () =>
        JSON.parse(execFileSync(flags.python, all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })),
      );
    };
    const [eager, compiled] = [peer(false), flags.tiny ? undefined : peer(true)];
    return own ? [{ name, ours: own.milliseconds, eager: eager?.milliseconds, compiled: compiled?.milliseconds }] : [];
  });
};

const MARKED = /(<!-- gpu-check:table -->\n).*?(<!-- \/gpu-check:table -->)/s;

/** Writes the tables into their place in a document, or as a file of their own. */
const write = (file: string, text: string): void => {
  if (!file.endsWith('speed.md')) {
    writeFileSync(file, `${text}\n`);
    return;
  }
  const document = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    document.replace(MARKED, (_, begin, end) => `${begin}${text}\n${end}`),
  );
};

const card = cardOf(flags.device);
if (card === undefined) console.log('gpu-check: not run: this machine has no NVIDIA GPU (nvidia-smi names none)');
else main(card);
