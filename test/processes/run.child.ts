/**
 * One training in one of several processes, to be killed or stopped: `node --import tsx test/processes/run.child.ts
 * <order as JSON>`. Each process prints its rank, its id and each of its updates.
 */
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { openProcesses } from '../../src/processes/launched.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune } from '../../src/training/finetune.ts';
import { nanoDescription } from '../fixtures/nano.ts';

/** Order of a training. */
export interface RunOrder {
  readonly data: string;
  readonly folder: string;
  /** Examples of a batch of each process. */
  readonly batch: number;
  readonly updates: number;
  /** Update after which all leave the loop. */
  readonly stopAfter?: number | undefined;
  /** Update whose validation is the end of the first process. */
  readonly diesValidating?: number | undefined;
}

const { stopAfter, diesValidating, ...order } = JSON.parse(process.argv[2]!) as RunOrder;
await using processes = await openProcesses();
const wasFirst = processes.rank === 0;
let done = 0;
const task: typeof vqa = {
  ...vqa,
  score: (...given) => {
    if (wasFirst && done + 1 === diesValidating) process.kill(process.pid, 'SIGKILL');
    return vqa.score(...given);
  },
};
const teacher = createModel(nanoDescription('vilt'), 1);
const steps = finetune(createStudent(teacher, { seed: 2 }), {
  ...{ ...order, processes, teacher, task, resume: true, clip: 1, accumulation: 2, seed: 3, threads: 1 },
  ...{ learningRate: 1e-4, dropoutRate: 0.1, checkpointEvery: 2, validateEvery: 5 },
  onWarning: (message: string) => console.error(message),
});
for await (const { number } of steps) {
  console.log(`${processes.rank} ${process.pid} ${number}`);
  done = number;
  if (number === stopAfter) break;
}
