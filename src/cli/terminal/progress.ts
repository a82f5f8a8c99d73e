import cliProgress from 'cli-progress';
import { counted } from '../../errors.ts';
import { printableLine } from './printable.ts';
import { durationOf } from './table.ts';

/** Progress of something long, reported on stderr with the time that is left. */
export interface Progress extends Disposable {
  /** `note` is what else is worth seeing: a loss, an accuracy. */
  readonly update: (done: number, of: number, note?: string) => void;
  /** Prints a line above the bar. */
  readonly say: (message: string) => void;
  /** Prints a warning above the bar: the first five, then only their number at the end. */
  readonly warn: (message: string) => void;
}

/** Progress that another process reports. */
export const silent: Progress = { update: () => {}, say: () => {}, warn: () => {}, [Symbol.dispose]: () => {} };

type Stream = NodeJS.WriteStream;

/** Milliseconds until the first line is printed where there is no terminal, and between two lines after that. */
const QUIET = 2000;
const EVERY = 5000;
/** Number of warnings that are printed in full; the others are counted. */
const WARNINGS = 5;

/**
 * Opens a bar where stderr is a terminal, otherwise a line every few seconds. Nothing else may write there meanwhile.
 */
export const openProgress = (name: string, stream: Stream = process.stderr): Progress => {
  const label = printableLine(name);
  const view = stream.isTTY ? openBar(label, stream) : openLines(label, stream);
  let warnings = 0;
  const say = (message: string): void => view.say(printableLine(message.replaceAll(/\s*\n\s*/g, ' ')));
  return {
    update: (done, of, note) => view.update(done, of, note === undefined ? undefined : printableLine(note)),
    say,
    warn: (message) => {
      warnings += 1;
      if (warnings <= WARNINGS) say(message);
    },
    [Symbol.dispose]: () => {
      view.close();
      if (warnings > WARNINGS)
        stream.write(`… and ${counted(warnings - WARNINGS, 'more notice like these', 'more notices like these')}\n`);
    },
  };
};

interface View extends Pick<Progress, 'update' | 'say'> {
  readonly close: () => void;
}

/** The first update only starts the clock: a compilation or a resumed run before it says nothing of the pace. */
const createClock = () => {
  const opened = performance.now();
  let first: { readonly at: number; readonly done: number } | undefined;
  const elapsed = (): number => performance.now() - opened;
  return {
    elapsed,
    left: (done: number, of: number): string => {
      if (done >= of) return `took ${durationOf(elapsed())}`;
      first ??= { at: elapsed(), done };
      if (done === first.done) return '';
      return `${durationOf(((elapsed() - first.at) / (done - first.done)) * (of - done))} left`;
    },
  };
};

const dotted = (note: string): string => (note === '' ? '' : ` · ${note}`);

/**
 * A bar of one line, cut at the width of the terminal. Lines above it are printed by the library of the bar, which
 * knows where the cursor is however long they are. The cursor stays visible: whatever ends the process leaves it so.
 */
const openBar = (label: string, stream: Stream): View => {
  const clock = createClock();
  const bars = new cliProgress.MultiBar(
    {
      format: `${label} {bar} {value}/{total}{note}{left}`,
      stream,
      hideCursor: false,
      barsize: 10,
      linewrap: true,
      gracefulExit: false,
      // Otherwise a bar that did not change since the last line above it would not be drawn again below it.
      forceRedraw: true,
    },
    cliProgress.Presets.shades_classic,
  );
  let bar: cliProgress.SingleBar | undefined;
  return {
    update: (done, of, note = '') => {
      bar ??= bars.create(of, 0, { note: '', left: '' });
      bar.setTotal(of);
      bar.update(done, { note: dotted(note), left: dotted(clock.left(done, of)) });
    },
    say: (message) => {
      if (bar) bars.log(`${message}\n`);
      else stream.write(`${message}\n`);
    },
    close: () => {
      if (!bar) return;
      // Only an update prints what was logged since the last one.
      bars.update();
      bars.stop();
    },
  };
};

const openLines = (label: string, stream: Stream): View => {
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

/** Progress of one part of something longer. */
export interface Part {
  readonly done: number;
  readonly of: number;
  readonly note?: string | undefined;
}

/** Opens one bar after another, each for a part of something longer. */
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
