import { appendFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { explainDisk } from '../../files/disk-errors.ts';
import { UserError } from '../../index.ts';
import { createKey, readKeys } from '../../server.ts';
import { printNotice } from '../terminal/notice.ts';

const examples = `
Examples:
  $ dide key ana --key-file keys
  $ dide serve student.safetensors photos.cache --host 0.0.0.0 --key-file keys

The key is printed once, on stdout; the file has its SHA-256 alone. To take a key back, remove its line: a server that
runs reads the file again within a second or two.`;

/** `dide key`: makes a key for a server. */
export const keyCommand = (): Command =>
  new Command('key')
    .description('Makes a key for `dide serve`, prints it, and adds its hash to a file.')
    .argument('<name>', 'who gets it: letters, digits, - _ . and @')
    .addOption(new Option('--key-file <file>', 'the file of keys; made where there is none').makeOptionMandatory())
    .addHelpText('after', examples)
    .action(run);

async function run(name: string, { keyFile }: { readonly keyFile: string }): Promise<void> {
  const { key, line } = createKey(name);
  const known = await readKeys(keyFile).catch((error: unknown) => {
    if ((error as UserError).cause instanceof Error) return [];
    throw error;
  });
  if (known.some((one) => one.name === name))
    throw new UserError(`${keyFile}: there is a key of ${name} already: give another name, or remove its line`);
  await appendFile(keyFile, line, { mode: 0o600 }).catch((error: unknown) => {
    throw explainDisk(keyFile, error);
  });
  printNotice(`The key of ${name}, which is kept nowhere else:`);
  process.stdout.write(`${key}\n`);
}
