import { type FailureKind, SourceError } from '../source.ts';

/** Functions that a worker offers. Arguments and results are copied between the threads. */
export type Offered = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** A call that goes to a worker, the end of one that nobody waits for any more, and what comes back. */
interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}
interface End {
  readonly id: number;
  readonly end: true;
}
type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: { readonly kind: FailureKind; readonly message: string } }
  | { readonly id: number; readonly progress: readonly [done: number, of: number] };

/** Options of a call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Calls a function of a worker by its name. */
export type Remote = (name: string, args: readonly unknown[], options?: CallOptions) => Promise<unknown>;

interface Waiting extends CallOptions {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Gives access to what a worker offers. A call whose signal aborts is forgotten here, and ends there at its next progress. */
export const remoteOf = (worker: Worker): Remote => {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    const call = waiting.get(data.id);
    if (!call) return;
    if ('progress' in data) return call.onProgress?.(...data.progress);
    waiting.delete(data.id);
    if ('value' in data) call.resolve(data.value);
    else call.reject(new SourceError(data.failure.kind, data.failure.message));
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values())
      reject(new SourceError('fault', event.message || 'The worker that runs the student did not start.'));
    waiting.clear();
  });
  return (name, args, { signal, onProgress } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      last += 1;
      const id = last;
      waiting.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => {
        if (!waiting.delete(id)) return;
        reject(signal.reason);
        worker.postMessage({ id, end: true } satisfies End);
      });
      worker.postMessage({ id, name, args } satisfies Call);
    });
};

/** The thread of a worker, as far as it is used. */
interface WorkerScope {
  addEventListener(kind: 'message', listener: (event: { readonly data: Call | End }) => void): void;
  postMessage(reply: Reply): void;
}

/**
 * Offers functions to the page that started this worker. The last argument of each is a function that takes progress, and
 * throws where nobody waits for the result any more.
 *
 * @param kindOf the kind of a failure.
 */
export const offer = (offered: Offered, kindOf: (error: unknown) => FailureKind): void => {
  const scope = globalThis as unknown as WorkerScope;
  const ended = new Set<number>();
  const underWay = new Set<number>();
  scope.addEventListener('message', ({ data }) => {
    if ('end' in data) {
      if (underWay.has(data.id)) ended.add(data.id);
      return;
    }
    const { id, name, args } = data;
    underWay.add(id);
    const onProgress = (done: number, of: number): void => {
      if (ended.has(id)) throw new Error(`${name}: nobody waits for it any more`);
      scope.postMessage({ id, progress: [done, of] });
    };
    const work = async (): Promise<unknown> =>
      await (offered[name] as (...args: readonly unknown[]) => Promise<unknown>)(...args, onProgress);
    work()
      .then(
        (value) => scope.postMessage({ id, value }),
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          scope.postMessage({ id, failure: { kind: kindOf(error), message } });
        },
      )
      .finally(() => {
        underWay.delete(id);
        ended.delete(id);
      });
  });
};
