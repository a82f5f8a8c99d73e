import { printableLine } from './printable.ts';

/** Writes a line to standard error, beside the result on standard output. */
export const printNotice = (message: string): void =>
  void process.stderr.write(`${printableLine(message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
