import { UserError } from '../../../errors.ts';
import { type About, parseAbout, precisionOf } from '../manifest.ts';
import type { Precision } from '../row-format.ts';
import type { Database, DatabasePlace } from './database.ts';

/** Column type in which pgvector keeps a row of features. */
export interface VectorType {
  readonly name: 'vector' | 'halfvec';
  /** Bytes of a number, as it is sent, the high byte first, after 4 bytes of the row's length. */
  readonly bytes: 4 | 2;
  /** Most numbers of a row that an index takes. */
  readonly mostIndexed: number;
}

const vectorTypes: Readonly<Record<Precision, VectorType | undefined>> = {
  float32: { name: 'vector', bytes: 4, mostIndexed: 2000 },
  float16: { name: 'halfvec', bytes: 2, mostIndexed: 4000 },
  int8: undefined,
};

/** Type of the features of a cache. @throws UserError where pgvector has none for its precision. */
export const vectorTypeOf = ({ shown }: DatabasePlace, about: Pick<About, 'precision'>): VectorType => {
  const type = vectorTypes[precisionOf(about)];
  if (type) return type;
  throw new UserError(`${shown}: pgvector has no numbers of int8: take float16 or float32 (--precision)`);
};

/** The manifest of a cache; undefined where there is none. @throws UserError where it is not ours. */
export const readTables = async (database: Database, { schema, shown }: DatabasePlace): Promise<About | undefined> => {
  const [[there] = []] = await database.rows('select to_regclass($1) is not null', [`${schema}.about`]);
  if (!there) return undefined;
  const [[about] = []] = await database.rows(`select about from ${schema}.about`);
  return about === undefined ? undefined : parseAbout(about, shown);
};

/**
 * Makes the tables of an empty cache: its manifest with the number of the next row, an image a line, and the features apart
 * from them, so that a filter reads no features. A number of a row is never given twice: who has opened the cache before
 * finds the row of an image, or none, but not another's.
 */
export const createTables = async (database: Database, place: DatabasePlace, about: About): Promise<void> => {
  const { schema } = place;
  const { name } = vectorTypeOf(place, about);
  await database.rows('create extension if not exists vector');
  await database.whole(async () => {
    for (const statement of [
      `create schema if not exists ${schema}`,
      `create table ${schema}.about (about jsonb not null, next_row integer not null default 0)`,
      `create table ${schema}.images (
        path text collate "C" primary key,
        bytes float8 not null,
        modified float8 not null, -- milliseconds since 1970
        taken float8, -- milliseconds of a clock without a zone; null where the picture does not say it
        dated boolean not null, -- whether it was asked
        sha256 bytea not null,
        row integer not null)`,
      `create index on ${schema}.images (row)`,
      `create table ${schema}.rows (row integer primary key, features ${name}(${about.width}) not null)`,
    ])
      await database.rows(statement);
    await database.rows(`insert into ${schema}.about (about) values ($1)`, [JSON.stringify(about)]);
  });
};
