import type { Backend } from '../backend.ts';
import { connect, placeOf } from './database.ts';
import { openDatabaseCache } from './reader.ts';
import { readTables } from './tables.ts';
import { watchDatabase } from './watch.ts';
import { openDatabaseWriter } from './writer.ts';

/**
 * Caches in PostgreSQL with pgvector, for those who have one: filters run there, features are streamed from there in blocks,
 * and a search by a text asks pgvector's index.
 */
export const postgres: Backend = {
  readAbout: async (address) => {
    const place = placeOf(address);
    await using database = await connect(place);
    return await readTables(database, place);
  },
  openWriter: openDatabaseWriter,
  open: openDatabaseCache,
  serving: {
    watch: (address) => watchDatabase(placeOf(address)),
    shown: (address) => placeOf(address).shown,
    nameOf: (address) => placeOf(address).name,
  },
};
