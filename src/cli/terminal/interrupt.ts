import { printNotice } from './notice.ts';

/** Ctrl-C, or a request to end (SIGTERM), from when it is opened until it is disposed of. */
export interface Interrupt extends Disposable {
  /** Aborted once one of them has come. */
  readonly signal: AbortSignal;
}

/** Milliseconds within which a second signal is an echo of the first: npm and a terminal both hand Ctrl-C on. */
const ECHO = 1000;

/**
 * Signals that ask a process to end, and the exit code that a shell gives a command ended so: 128 and the number of the
 * signal.
 */
const endings = { SIGINT: 130, SIGTERM: 143 } as const;

type Ending = keyof typeof endings;

/** Signals that have come, the first of which says how an interrupted verb ends. */
const heard: Ending[] = [];

/** Hears a signal once, so that the caller stops where nothing is lost. A second one ends the process at once. */
export const listenForInterrupt = (onRequest: () => void = () => {}): Interrupt => {
  const stop = new AbortController();
  let requested = 0;
  const onSignal = (signal: Ending): void => {
    heard.push(signal);
    if (!stop.signal.aborted) {
      requested = performance.now();
      onRequest();
      stop.abort();
    } else if (performance.now() - requested > ECHO) process.exit(endings[heard[0]!]);
  };
  for (const signal of Object.keys(endings)) process.on(signal, onSignal);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const signal of Object.keys(endings)) process.off(signal, onSignal);
    },
  };
};

/**
 * Ends the process at a signal that no verb listens for, with the same exit codes. The system would end it, too, but not
 * process 1, which a command is in a container: there a signal without a listener is ignored, and `docker stop` would
 * wait and kill.
 */
export const endAtSignals = (): void => {
  for (const [signal, code] of Object.entries(endings)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return;
      printNotice('Stopped.');
      process.exit(code);
    });
  }
};

/** Said while the update under way is waited for. */
export const STOPPING = 'Stopping after this update (Ctrl-C again: at once).';

/** Says on stderr where a verb was stopped, and sets the exit code of the signal. */
export const sayStopped = (message: string): void => {
  process.exitCode = endings[heard[0] ?? 'SIGINT'];
  printNotice(message);
};
