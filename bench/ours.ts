/**
 * Our half of the benchmarks, as a process of its own, so that its peak of memory is that of the work alone.
 *
 *     npx tsx bench/ours.ts '{"work":"step","size":"small","batch":32,"threads":2,"warm":2}'
 *
 * It speaks as `peers.py --serve` does: {"ready": true} once it is warm, then one answer a line to `run`
 * ({"milliseconds", "loss"}), `memory` ({"peak_bytes"}), `digest` and, at last, `quit`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type CaseName, cases } from './cases.ts';
import type { Done, Work } from './work.ts';
import { type WorkName, works } from './works.ts';

/** Order to this process, its one argument. */
export interface Request {
  readonly work: WorkName;
  readonly size: CaseName;
  readonly batch: number;
  readonly threads: number;
  /** Runs before the first that counts. */
  readonly warm: number;
  /** Files that the work reads, if any. */
  readonly folder: string;
}

let last: Done = { loss: null };

/** Milliseconds: of the wall, or those that all threads of this process computed. */
const clock = (): number => {
  if (process.env.DIDE_BENCH_CLOCK !== 'processors') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const timed = async (work: Work): Promise<object> => {
  const began = clock();
  last = await work();
  const milliseconds = clock() - began;
  return { milliseconds, loss: last.loss, waitMilliseconds: last.waitMilliseconds };
};

const digest = (): string | null => {
  const made = last.result?.();
  return made === undefined ? null : createHash('sha256').update(made).digest('hex');
};

/** The most memory that this process ever held (VmHWM); null where there is no /proc. */
const peakBytes = (): number | null => {
  if (process.platform !== 'linux') return null;
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
};

const write = (record: object): void => console.log(JSON.stringify(record));

const { work: name, size, batch, threads, warm, folder } = JSON.parse(process.argv[2]!) as Request;
const work = await works[name]({ case: cases[size], batch, threads, folder });
for (let i = 0; i < warm; i += 1) last = await work();
write({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  if (line === 'run') write(await timed(work));
  else if (line === 'memory') write({ peak_bytes: peakBytes() });
  else if (line === 'digest') write({ digest: digest() });
  else throw new Error(`ours: unknown request ${line}: write run, memory, digest or quit`);
}
process.exit(0);
