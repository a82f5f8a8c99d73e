import type { Backend } from './backend.ts';
import { embedded } from './embedded.ts';

/** Whether a place is the address of a Postgres database, and no folder. */
export const isDatabase = (place: string): boolean => /^postgres(ql)?:\/\//.test(place);

/** The kind of a place. That of Postgres is loaded where one is named. */
export const backendOf = async (place: string): Promise<Backend> =>
  isDatabase(place) ? (await import('./postgres/postgres.ts')).postgres : embedded;
