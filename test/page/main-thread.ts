import type { Browser, Page } from 'playwright-core';

/** Tasks of a thread: milliseconds of processor time of each, by the clock of the thread itself. */
export type Tasks = readonly number[];

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time in microseconds. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/**
 * Runs something in a page, and says what its main thread worked meanwhile. Processor time is what the page itself costs:
 * other programs of a busy machine make a frame late, and hardly add to it.
 */
export const tasksDuring = async (browser: Browser, page: Page, run: () => Promise<void>): Promise<Tasks> => {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const isMain = new Set(traceEvents.filter(({ args }) => args.name === 'CrRendererMain').map(thread));
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && isMain.has(thread(event)));
  if (tasks.length === 0) throw new Error('the trace has no tasks of the main thread');
  return tasks.map(({ tdur = 0 }) => tdur / 1000);
};

/** Milliseconds of all tasks, and of the longest. */
export const workOf = (tasks: Tasks): { readonly all: number; readonly longest: number } => ({
  all: tasks.reduce((sum, one) => sum + one, 0),
  longest: Math.max(...tasks),
});
