import { printableJson } from './printable.ts';

/** Prints values as lines of JSON, each whole at once, as fast as they are read. */
export const printJsonLines = async (values: AsyncIterable<object>): Promise<void> => {
  for await (const value of values) await printText(`${printableJson(value)}\n`);
};

/** Prints a text, and waits while it is not read. */
export const printText = async (text: string): Promise<void> => {
  if (text !== '' && !process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
};
