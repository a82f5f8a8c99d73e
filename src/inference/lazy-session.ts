import type { Model } from '../checkpoints/model-file.ts';
import type { Feeds } from '../data/batch.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Compile, Session } from '../engine/runtime/session.ts';
import type { Tensor } from '../engine/tensor.ts';

/** Session of a graph with one output, compiled when it is first run. */
export interface LazySession {
  run(feeds: Feeds): Promise<Numbers<Float32Array>>;
  close(): Promise<void>;
}

/** Opens a session that is compiled at its first run. It runs once at a time, so each run waits for the one before. */
export const openLazily = (graph: () => Tensor, { weights, precision }: Model, compile: Compile): LazySession => {
  let session: Promise<Session> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    run: async (feeds) => {
      if (closed) throw new Error('predictor: it is closed: open another');
      session ??= compile({ out: graph() }, { weights, weightPrecision: precision });
      const opened = session;
      const result = last.then(async () => (await (await opened).run<'out'>(feeds)).out);
      last = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      closed = true;
      await last;
      await session?.then(
        (opened) => opened.close(),
        () => undefined,
      );
    },
  };
};
