import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** `dide serve` as a process of its own. */
export interface ServingProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Lines of its log so far. */
  readonly log: () => Record<string, unknown>[];
}

/** Starts `dide serve … --port 0` and waits until it listens. @throws Error with what it said where it does not. */
export const startServing = async (args: readonly string[]): Promise<ServingProcess> => {
  const verb = ['serve', ...args, '--port', '0', '--threads', '1', '--decoders', '1', '--seconds', '300'];
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...verb]);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const log = () =>
    said.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const url = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const line = log().find(({ msg }) => msg === 'listening');
      if (line) resolve(line.url as string);
    };
    child.stdout.on('data', look);
    void ended.then(() => reject(new Error(`dide serve ended: ${said.stderr}`)));
  });
  return { url, child, ended, log };
};
