import { availableParallelism, cpus } from 'node:os';
import type { Processes } from './processes.ts';

/** Threads of a process where none are asked for: its share of the cores, unless the launcher gave it cores of its own. */
export const usualThreads = ({ neighbours }: Processes): number => {
  const cores = availableParallelism();
  return cores < cpus().length ? cores : Math.max(1, Math.floor(cores / neighbours));
};
