import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../errors.ts';

/** A package of a registry in one fixed version. */
export interface PackageFile {
  /** Client that downloads it. */
  readonly client: keyof typeof clients;
  /** Name and version in the syntax of the client: `openmoji@17.0.0`, `easy-vqa==1.0`. */
  readonly name: string;
  /** Name of the downloaded file. */
  readonly file: string;
  /** Digest in npm's format: `sha512-` and base64. */
  readonly integrity: string;
  readonly licence: string;
}

/** Clients of registries with their commands, which download into the working directory and run no code of packages. */
const clients = {
  pip: {
    program: process.platform === 'win32' ? 'python' : 'python3',
    args: ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input'],
    what: 'Python with pip',
  },
  npm: { program: 'npm', args: ['pack', '--ignore-scripts', '--loglevel=error'], what: 'npm' },
} as const;

/** Options of `obtainPackage`. */
export interface ObtainOptions {
  /** Folder for downloads. */
  readonly to: string;
  /** Folder that holds the files, or the only file; nothing is downloaded then. */
  readonly from?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds a package's file in `from`, or downloads it with the registry's own client and the user's settings for it.
 *
 * @returns the path of the file.
 * @throws UserError where the client is missing or fails, the file is missing, or its digest differs.
 */
export const obtainPackage = async (wanted: PackageFile, options: ObtainOptions): Promise<string> => {
  const path = options.from === undefined ? await downloaded(wanted, options) : await givenIn(options.from, wanted);
  await refuseOther(path, wanted);
  return path;
};

const givenIn = async (from: string, { file, name }: PackageFile): Promise<string> => {
  const found = await stat(from).catch(() => undefined);
  if (!found) throw new UserError(`${from}: there is no such file or folder: check the path.`);
  const path = found.isDirectory() ? join(from, file) : from;
  if (found.isDirectory() ? await stat(path).catch(() => undefined) : basename(from) === file) return path;
  throw new UserError(
    `${from}: ${file} (${name}) is wanted here and is not: download it into a folder, and give that.`,
  );
};

const downloaded = async (wanted: PackageFile, { to, signal }: ObtainOptions): Promise<string> => {
  await download(wanted, to, signal);
  const path = join(to, wanted.file);
  if (await stat(path).catch(() => undefined)) return path;
  throw new UserError(`${wanted.name}: ${wanted.client} downloaded another file than ${wanted.file}: ${elsewhere}`);
};

const elsewhere = 'download it by hand, and give its folder with --from.';

const download = ({ client, name }: PackageFile, cwd: string, signal: AbortSignal | undefined): Promise<void> => {
  const { program, args, what } = clients[client];
  return new Promise((resolve, reject) => {
    // npm is a script on Windows, which only a shell can start; no argument is anything but a constant.
    const shell = process.platform === 'win32';
    const child = spawn(program, [...args, name], { cwd, shell, signal, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      // one that the signal ends has an error at once, and is not gone until it closes
      if (child.pid !== undefined) return;
      const missing = `${name}: ${program} is not there: install ${what}, or ${elsewhere}`;
      reject(cause.code === 'ENOENT' ? new UserError(missing, { cause }) : cause);
    });
    child.on('close', (code) => {
      if (code === 0) resolve();
      else if (signal?.aborted) reject(signal.reason);
      else
        reject(new UserError(`${name}: ${client} ended with ${code} (${reasonIn(said)}): mend that, or ${elsewhere}`));
    });
  });
};

/** The line of pip's or npm's output that has the error. */
const reasonIn = (said: string): string => {
  const lines = said
    .split('\n')
    .filter((line) => /^(ERROR|npm (ERR!|error))/.test(line) && !/ (code|errno) /.test(line));
  return (lines.at(0) ?? said.trim().split('\n').at(-1) ?? '').slice(0, 200) || 'it did not say why';
};

const refuseOther = async (path: string, { name, integrity }: PackageFile): Promise<void> => {
  const algorithm = integrity.slice(0, integrity.indexOf('-'));
  const digest = createHash(algorithm)
    .update(await readFile(path))
    .digest('base64');
  if (`${algorithm}-${digest}` === integrity) return;
  throw new UserError(
    `${path}: is not the ${name} that is known: its ${algorithm} is ${digest}, not ${integrity.slice(algorithm.length + 1)}: get it again.`,
  );
};
