import type { Watch } from '../backend.ts';
import { connect, type Database, type DatabasePlace } from './database.ts';

/**
 * Watches a cache of a database over one connection, which is made again once it is lost. The version of the one row of the
 * manifest's table is its state: every transaction of a writer makes another one.
 */
export const watchDatabase = (place: DatabasePlace): Watch => {
  let connected: Promise<Database> | undefined;
  const read = async (): Promise<string> => {
    connected ??= connect(place);
    const [[state] = []] = await (await connected).rows(
      `select xmin::text || ' ' || ctid::text from ${place.schema}.about`,
    );
    return String(state ?? '');
  };
  const close = async (): Promise<void> => {
    const last = connected;
    connected = undefined;
    const database = await last?.catch(() => undefined);
    try {
      await database?.[Symbol.asyncDispose]();
    } catch {
      // it was lost already
    }
  };
  return {
    state: async () => {
      try {
        return await read();
      } catch {
        // the server may have been started anew since
        await close();
        return await read().catch(async () => {
          await close();
          return '';
        });
      }
    },
    [Symbol.asyncDispose]: close,
  };
};
