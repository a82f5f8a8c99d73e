import cliProgress from 'cli-progress';
import { durationOf } from './table.ts';

/** Says on stderr how far something is, and how long it will take. */
export interface Progress extends Disposable {
  /** `note` is what else is worth seeing: a loss, an accuracy. */
  readonly update: (done: number, of: number, note?: string) => void;
  /** Says something of its own line, above the bar. */
  readonly say: (message: string) => void;
}

type Stream = NodeJS.WriteStream;

/** Until when nothing is said without a terminal, and how often after that, in milliseconds. */
const QUIET = 2000;
const EVERY = 5000;

/** Notices that are said in full; the others are counted. */
const NOTICES = 5;

/** A bar where stderr is a terminal, otherwise a line every few seconds. Nothing but this writes there meanwhile. */
export const openProgress = (label: string, stream: Stream = process.stderr): Progress => {
  const view = stream.isTTY ? barOn(label, stream) : linesOn(label, stream);
  let said = 0;
  return {
    update: view.update,
    say: (message) => {
      said += 1;
      if (said <= NOTICES) view.say(message);
    },
    [Symbol.dispose]: () => {
      view.close();
      if (said > NOTICES) stream.write(`… and ${said - NOTICES} more notices like these\n`);
    },
  };
};

interface View extends Pick<Progress, 'update' | 'say'> {
  readonly close: () => void;
}

/** The first update only starts the clock: what came before it, a compilation or a resumed run, tells nothing of the pace. */
const createClock = () => {
  const opened = performance.now();
  let began: { readonly at: number; readonly done: number } | undefined;
  const elapsed = (): number => performance.now() - opened;
  return {
    elapsed,
    left: (done: number, of: number): string => {
      if (done >= of) return `took ${durationOf(elapsed())}`;
      began ??= { at: elapsed(), done };
      if (done === began.done) return '';
      return `${durationOf(((elapsed() - began.at) / (done - began.done)) * (of - done))} left`;
    },
  };
};

const dotted = (note: string): string => (note === '' ? '' : ` · ${note}`);

const barOn = (label: string, stream: Stream): View => {
  const clock = createClock();
  const format = `${label} {bar} {value}/{total}{note}{left}`;
  const bar = new cliProgress.SingleBar(
    { format, stream, hideCursor: true, barsize: 10, linewrap: true, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    update: (done, of, note = '') => {
      if (!started) bar.start(of, 0, { note: '', left: '' });
      started = true;
      bar.update(done, { note: dotted(note), left: dotted(clock.left(done, of)) });
    },
    say: (message) => void stream.write(`${started ? '\r\u001B[K' : ''}${message}\n`),
    close: () => {
      if (started) bar.stop();
    },
  };
};

const linesOn = (label: string, stream: Stream): View => {
  const clock = createClock();
  let due = QUIET;
  return {
    update: (done, of, note = '') => {
      const left = clock.left(done, of);
      const isLast = done >= of && due > QUIET;
      if (clock.elapsed() < due && !isLast) return;
      due = clock.elapsed() + EVERY;
      stream.write(`${label} ${done}/${of}${dotted(note)}${dotted(left)}\n`);
    },
    say: (message) => void stream.write(`${message}\n`),
    close: () => {},
  };
};

/** How far a part is. */
export interface Part {
  readonly done: number;
  readonly of: number;
  readonly note?: string | undefined;
}

/** One bar after another, each for a part of something longer. */
export const openParts = () => {
  let open: { readonly name: string; readonly bar: Progress } | undefined;
  const close = (): void => {
    open?.bar[Symbol.dispose]();
    open = undefined;
  };
  return {
    update: (name: string, { done, of, note }: Part): void => {
      if (open?.name !== name) {
        close();
        open = { name, bar: openProgress(name) };
      }
      open?.bar.update(done, of, note);
    },
    [Symbol.dispose]: close,
  };
};
