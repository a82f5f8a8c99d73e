import type { Backend, Serving } from './backend.ts';
import { embedded } from './embedded.ts';

const isDatabase = (place: string): boolean => /^postgres(ql)?:\/\//.test(place);
const isBucket = (place: string): boolean => /^s3:\/\//.test(place);

/** Whether a place is the address of a database or a bucket, and no folder. */
export const isAddress = (place: string): boolean => isDatabase(place) || isBucket(place);

/** The kind of a place. Those of Postgres and S3 are loaded where one is named. */
export const backendOf = async (place: string): Promise<Backend> => {
  if (isDatabase(place)) return (await import('./postgres/postgres.ts')).postgres;
  return isBucket(place) ? (await import('./s3/s3.ts')).s3 : embedded;
};

/** Operations on a cache that a server keeps open. */
export const servingOf = async (place: string): Promise<Serving> => (await backendOf(place)).serving;
