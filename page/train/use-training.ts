import { useRef, useState } from 'preact/hooks';
import { type Remote, remoteOf } from '../tab/remote.ts';
import type { Lesson, Prepared, Step } from './lesson.ts';

/** State of a training: `waits` where somebody stopped it. */
export type State = 'new' | 'prepares' | 'runs' | 'waits' | 'done' | 'failed';

/** A training as the page shows it. */
export interface Training {
  readonly state: State;
  readonly steps: readonly Step[];
  readonly prepared: Prepared | undefined;
  /** Share of the pictures that are read. */
  readonly read: number;
  readonly failure: string | undefined;
  readonly start: (lesson: Lesson) => Promise<void>;
  readonly stop: () => void;
  readonly goOn: () => Promise<void>;
  /** The student as a file; undefined where that failed, which `failure` tells. */
  readonly save: () => Promise<Blob | undefined>;
}

/** Trains in a worker. */
export const useTraining = (): Training => {
  const remote = useRef<Remote | undefined>(undefined);
  const wanted = useRef(false);
  const [state, setState] = useState<State>('new');
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [prepared, setPrepared] = useState<Prepared>();
  const [read, setRead] = useState(0);
  const [failure, setFailure] = useState<string>();
  const fail = (error: unknown): void => {
    setFailure(error instanceof Error ? error.message : String(error));
    setState('failed');
  };
  const goOn = async (): Promise<void> => {
    wanted.current = true;
    setState('runs');
    try {
      setState(await run(remote.current!, wanted, (made) => setSteps((before) => [...before, ...made])));
    } catch (error) {
      fail(error);
    }
  };
  const start = async (lesson: Lesson): Promise<void> => {
    remote.current ??= remoteOf(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
    setSteps([]);
    setFailure(undefined);
    setState('prepares');
    try {
      const onProgress = (done: number, of: number): void => setRead(done / of);
      setPrepared((await remote.current('begin', [lesson], { onProgress })) as Prepared);
    } catch (error) {
      return fail(error);
    }
    await goOn();
  };
  const stop = (): void => {
    wanted.current = false;
  };
  return {
    state,
    steps,
    prepared,
    read,
    failure,
    start,
    stop,
    goOn,
    save: () => (remote.current!('save', []) as Promise<Blob>).catch((error: unknown) => void fail(error)),
  };
};

/** Makes updates until somebody stops it, or all are made. */
const run = async (
  remote: Remote,
  wanted: { readonly current: boolean },
  onSteps: (made: readonly Step[]) => void,
): Promise<State> => {
  while (wanted.current) {
    const made = (await remote('go', [])) as readonly Step[];
    onSteps(made);
    if (made.length === 0 || made.at(-1)!.number === made.at(-1)!.of) return 'done';
  }
  return 'waits';
};
