import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../errors.ts';
import type { ImageJob, Reply, ResultOf } from './image-job.ts';

/** Threads that decode and resize images. */
export interface ImagePool extends AsyncDisposable {
  /** Starts all threads now, so that no request waits for it. */
  start(): Promise<void>;
  /**
   * Runs a job on the next thread that is free.
   *
   * @throws UserError where the image cannot be read, or takes longer than it may; its thread is then replaced.
   */
  run<J extends ImageJob>(job: J): Promise<ResultOf<J>>;
  /** Ends the threads; jobs that wait are refused. */
  close(): Promise<void>;
}

/** Options of `createImagePool`. */
export interface ImagePoolOptions {
  readonly threads: number;
  /** Longest time of one image. */
  readonly milliseconds: number;
}

interface Waiting {
  readonly job: ImageJob;
  readonly settle: (reply: Reply | Error) => void;
}

/** Starts no thread yet: each with its first job, or all with `start`. */
export const createImagePool = ({ threads, milliseconds }: ImagePoolOptions): ImagePool => {
  const waiting: Waiting[] = [];
  const idle: (Worker | undefined)[] = Array.from({ length: threads }, () => undefined);
  const all = new Set<Worker>();
  let isClosed = false;

  const next = (): void => {
    while (waiting.length > 0 && idle.length > 0 && !isClosed) void give(idle.pop(), waiting.shift()!);
  };
  const give = async (thread: Worker | undefined, { job, settle }: Waiting): Promise<void> => {
    try {
      const worker = thread ?? (await started(all));
      const reply = await replyOf(worker, job, milliseconds);
      if (reply instanceof Error) await stopped(all, worker);
      idle.push(reply instanceof Error ? undefined : worker);
      settle(reply);
    } catch (error) {
      idle.push(undefined);
      settle(error as Error);
    }
    next();
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    for (const { settle } of waiting.splice(0)) settle(new UserError('the server is stopping: try again later'));
    await Promise.all([...all].map((worker) => stopped(all, worker)));
  };
  return {
    start: async () => {
      for (const [i, worker] of (await Promise.all(idle.map(() => started(all)))).entries()) idle[i] = worker;
    },
    run: async <J extends ImageJob>(job: J) =>
      resultIn<J>(
        await new Promise((settle) => {
          waiting.push({ job, settle });
          next();
        }),
      ),
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** Reply of a thread to a job; an error where it fails or takes too long, and must be replaced. */
const replyOf = (worker: Worker, job: ImageJob, milliseconds: number): Promise<Reply | Error> =>
  new Promise((resolve) => {
    const end = (reply: Reply | Error): void => {
      clearTimeout(timer);
      worker.off('message', end).off('error', end).off('exit', ended);
      resolve(reply);
    };
    const ended = (): void => end(new Error('the thread that decodes images has ended'));
    const timer = setTimeout(() => end(tooLong(job.where, milliseconds)), milliseconds);
    worker.on('message', end).on('error', end).on('exit', ended);
    worker.postMessage(job);
  });

const resultIn = <J extends ImageJob>(reply: Reply | Error): ResultOf<J> => {
  if (reply instanceof Error) throw reply;
  if ('result' in reply) return reply.result as ResultOf<J>;
  throw reply.isUserError ? new UserError(reply.message) : new Error(reply.message);
};

const tooLong = (where: string, milliseconds: number): UserError =>
  new UserError(`${where}: decoding it takes more than ${milliseconds / 1000} s: make the image smaller`);

/** Starts a thread. It is returned once it takes jobs, so that its start is no part of their time. */
const started = async (all: Set<Worker>): Promise<Worker> => {
  const kind = extname(import.meta.url);
  const entry = new URL(`./image-worker${kind}`, import.meta.url);
  const worker = kind === '.ts' ? fromSource(entry) : new Worker(entry);
  all.add(worker);
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    // it stays, so that a thread that fails between two jobs does not end the process
    worker.on('error', reject);
    worker.once('exit', () => reject(new Error('the thread that decodes images does not start')));
  });
  worker.unref();
  return worker;
};

/** A thread of a source file: a thread compiles nothing by itself, also where the main one does. */
const fromSource = (entry: URL): Worker => {
  const compiler = new URL(
    'dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  ).href;
  const code = `import('${compiler}').then(({ register }) => { register(); return import('${entry.href}'); })`;
  return new Worker(code, { eval: true });
};

const stopped = async (all: Set<Worker>, worker: Worker): Promise<void> => {
  all.delete(worker);
  await worker.terminate();
};
