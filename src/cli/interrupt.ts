/** Whether Ctrl-C was pressed. */
export interface Interrupt extends Disposable {
  readonly isRequested: () => boolean;
}

/** npm and a terminal both hand Ctrl-C on, so one press may arrive twice: only later than this it was pressed again. */
const ECHO = 1000;

/** Ctrl-C asks once, politely: the caller stops where nothing is lost. A second Ctrl-C ends the process at once. */
export const listenForInterrupt = (say: (message: string) => void): Interrupt => {
  let requested: number | undefined;
  const onSignal = (): void => {
    if (requested !== undefined) {
      if (performance.now() - requested > ECHO) process.exit(130);
      return;
    }
    requested = performance.now();
    say('Stopping after this update (Ctrl-C again: at once).');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    isRequested: () => requested !== undefined,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
};
