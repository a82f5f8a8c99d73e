/** Ctrl-C, or a request to end, until it is disposed of. */
export interface Interrupt extends Disposable {
  /** Aborted once that has come. */
  readonly signal: AbortSignal;
}

/** npm and a terminal both hand Ctrl-C on, so one press may arrive twice: only later than this it was pressed again. */
const ECHO = 1000;

/** What a shell says of a command that Ctrl-C ended: 128 and the number of the signal. */
const INTERRUPTED = 130;

/** Ctrl-C asks once, politely: the caller stops where nothing is lost. A second Ctrl-C ends the process at once. */
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

/** What is said while the update under way is waited for. */
export const STOPPING = 'Stopping after this update (Ctrl-C again: at once).';

/** Says where it was stopped, and so does the exit code. */
export const sayStopped = (message: string): void => {
  process.exitCode = INTERRUPTED;
  process.stderr.write(`${message}\n`);
};
