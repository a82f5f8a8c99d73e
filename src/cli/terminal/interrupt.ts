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

/** Exit code of a verb that was interrupted, whichever the signal. */
const INTERRUPTED = endings.SIGINT;

/** Hears Ctrl-C once, so that the caller stops where nothing is lost. A second Ctrl-C ends the process at once. */
export const listenForInterrupt = (onRequest: () => void = () => {}): Interrupt => {
  const stop = new AbortController();
  let requested = 0;
  const onSignal = (): void => {
    if (!stop.signal.aborted) {
      requested = performance.now();
      onRequest();
      stop.abort();
    } else if (performance.now() - requested > ECHO) process.exit(INTERRUPTED);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
};

/**
 * Ends the process at a signal that no verb listens for. The system does so by itself, but not for process 1, which a
 * command is in a container: there a signal without a listener is ignored, and `docker stop` would wait and kill.
 */
export const endAtSignals = (): void => {
  for (const [signal, code] of Object.entries(endings)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
};

/** Said while the update under way is waited for. */
export const STOPPING = 'Stopping after this update (Ctrl-C again: at once).';

/** Says on stderr where a verb was stopped, and sets the exit code. */
export const sayStopped = (message: string): void => {
  process.exitCode = INTERRUPTED;
  printNotice(message);
};
