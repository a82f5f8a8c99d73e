import { readFileSync } from 'node:fs';
import { UserError } from '../../errors.ts';

/** Letters of a command line that ONNX Runtime 1.30 stands where its telemetry is on. */
const LONGEST = 6000;

/** Values with which `ORT_DISABLE_TELEMETRY` leaves telemetry off, as it is where nothing is said. */
const OFF = /^(1|true|yes)$/i;

/**
 * Refuses a command line so long that ONNX Runtime would overflow its stack and end the process, on Linux: its telemetry
 * matches all of it by a recursive search.
 *
 * @throws UserError that says how to leave telemetry off.
 */
export const checkCommandLine = (letters: number = lettersNow(), setting = process.env.ORT_DISABLE_TELEMETRY): void => {
  if (letters <= LONGEST || setting === undefined || OFF.test(setting)) return;
  throw new UserError(
    `the command line has ${letters} letters, and ONNX Runtime with its telemetry on (ORT_DISABLE_TELEMETRY=${setting}) ends the process above about 7000: leave the variable out, or give a folder in place of many names`,
  );
};

const lettersNow = (): number => (process.platform === 'linux' ? readFileSync('/proc/self/cmdline').length : 0);
