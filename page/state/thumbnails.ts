import type { Source } from '../source.ts';

/** Small images by path, as addresses of the tab. */
export interface Thumbnails {
  /** Address of a thumbnail; those that are given up before their turn are never fetched. */
  load(path: string, side: number, signal: AbortSignal): Promise<string>;
  /** Address of a thumbnail that is there already. */
  ready(path: string, side: number): string | undefined;
}

/** Requests under way at once: as many as a browser sends one server over HTTP/1.1. */
const AT_ONCE = 6;
/** Thumbnails that are kept, of about 10 kB each. */
const KEPT = 2000;

/** Loads thumbnails of a source, and keeps those that were shown last. */
export const createThumbnails = (source: Source): Thumbnails => {
  const kept = createAddresses();
  const inTurn = createQueue(AT_ONCE);
  return {
    ready: (path, side) => kept.get(`${side} ${path}`),
    load: (path, side, signal) =>
      inTurn(signal, async () => kept.add(`${side} ${path}`, await source.thumbnail(path, { side }, signal))),
  };
};

/** Addresses of images by name, of which those that were asked for last are kept. */
const createAddresses = () => {
  const kept = new Map<string, string>();
  const touch = (name: string, address: string): string => {
    kept.delete(name);
    kept.set(name, address);
    return address;
  };
  return {
    get: (name: string): string | undefined => {
      const address = kept.get(name);
      return address === undefined ? undefined : touch(name, address);
    },
    add: (name: string, image: Blob): string => {
      const address = touch(name, URL.createObjectURL(image));
      for (const [oldest, old] of kept) {
        if (kept.size <= KEPT) break;
        // an image that is shown stays shown
        URL.revokeObjectURL(old);
        kept.delete(oldest);
      }
      return address;
    },
  };
};

/** Runs so many jobs at once, and none that was given up before its turn. */
const createQueue = (atOnce: number) => {
  const waiting: { readonly signal: AbortSignal; readonly run: () => Promise<void> }[] = [];
  let running = 0;
  const work = (): void => {
    while (running < atOnce && waiting.length > 0) {
      const { signal, run } = waiting.shift()!;
      if (signal.aborted) continue;
      running += 1;
      void run().finally(() => {
        running -= 1;
        work();
      });
    }
  };
  return <T>(signal: AbortSignal, job: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push({ signal, run: () => job().then(resolve, reject) });
      work();
    });
};
