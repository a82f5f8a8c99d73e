import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './child.ts';
import type { Request } from './ours.ts';
import type { WorkName } from './works.ts';

/** Options of comparing works. */
export interface Options {
  readonly threads: number;
  readonly repeats: number;
  readonly python: string;
  /** Precision of the products in the peer's models: fp32, or bf16 by autocast. */
  readonly peerPrecision: 'fp32' | 'bf16';
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Our half of a work, warm. */
export const startOurs = (request: Request): Promise<Child> =>
  startChild(process.execPath, [...process.execArgv, here('ours.ts'), JSON.stringify(request)]);

const alone: readonly WorkName[] = ['startup', 'waiting'];
const ofData: readonly WorkName[] = ['load', 'pipeline', 'words'];

const told = new Set<string>();

/** The peer's half; undefined where the packages that it needs are missing, or where the work has no counterpart. */
export const startPeer = async (request: Request, { python, peerPrecision }: Options): Promise<Child | undefined> => {
  if (alone.includes(request.work)) return undefined;
  const { size, batch, threads, warm, folder } = request;
  const work = request.work === 'ask' ? 'answer' : request.work.replace(/-int8$/, '');
  const [script, own] = ofData.includes(request.work)
    ? ['peers_data.py', { work, folder, threads, warm }]
    : ['peers.py', { work, size, batch, threads, warm, precision: peerPrecision }];
  const given = Object.entries(own).flatMap(([key, value]) => [`--${key}`, `${value}`]);
  try {
    return await startChild(python, [here(script), ...given, '--serve']);
  } catch (error) {
    const reason = (error as Error).message;
    if (!told.has(reason)) console.log(`Without the peer's half, since ${reason}: give --python PATH`);
    told.add(reason);
    return undefined;
  }
};
