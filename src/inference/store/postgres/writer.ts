import { LockedError } from '../../../files/lock.ts';
import { retrievalPurpose } from '../../../model/purposes/retrieval.ts';
import { checkCount, knownImages } from '../known-images.ts';
import type { Entry, Line } from '../layout.ts';
import { type About, rowsOf } from '../manifest.ts';
import { EntryTable } from '../table/entry-table.ts';
import { type CacheWriter, checkOwner, type Placeless } from '../writer.ts';
import { connect, type Database, type DatabasePlace, placeOf } from './database.ts';
import { readImages } from './reader.ts';
import { createTables, readTables, vectorTypeOf } from './tables.ts';

/**
 * Opens a cache of a database for writing, and makes it where there is none. Each append is a transaction, so a crash leaves
 * nothing half written; an advisory lock, which ends with the connection, keeps other writers out.
 *
 * @throws LockedError where another writer has it. UserError as `openCacheWriter`, and where the database refuses.
 */
export const openDatabaseWriter = async (address: string, wanted: About): Promise<CacheWriter> => {
  const place = placeOf(address);
  vectorTypeOf(place, wanted);
  const database = await connect(place);
  try {
    const [[isFree] = []] = await database.rows("select pg_try_advisory_lock(hashtext('dide'), hashtext($1))", [
      place.schema,
    ]);
    if (!isFree) throw new LockedError(`${place.shown}: another process is writing it: wait until it is done`);
    const there = await readTables(database, place);
    if (there) checkOwner(place.shown, there, wanted);
    else await createTables(database, place, wanted);
    return await openedWriter(database, place, there ?? wanted);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
};

const openedWriter = async (database: Database, place: DatabasePlace, about: About): Promise<CacheWriter> => {
  const { schema } = place;
  const columns = await readImages(database, place, {});
  const entries = new EntryTable();
  for (let i = 0; i < columns.size; i += 1) entries.apply(columns.entryAt(i));
  const { known, apply } = knownImages(about, entries);
  const append = async (images: readonly Placeless[], features: Float32Array): Promise<void> => {
    let placed: Entry[] = [];
    await database.whole(async () => {
      const first = await writeRows(database, place, { about, features, count: images.length });
      placed = images.map((image, i) => ({ ...image, row: first + i }));
      await writeLines(database, schema, placed);
    });
    apply(placed);
  };
  const close = async (): Promise<void> => await database[Symbol.asyncDispose]();
  return {
    ...known,
    isDamaged: false,
    append,
    noteCost: async (cost) => {
      await database.rows(`update ${schema}.about set about = about || jsonb_build_object('cost', $1::jsonb)`, [
        JSON.stringify(cost),
      ]);
    },
    note: async (lines) => {
      await database.whole(async () => {
        await writeLines(database, schema, lines);
        // another version of the row, by which those who watch the cache see that it changed
        await database.rows(`update ${schema}.about set next_row = next_row`);
      });
      apply(lines);
    },
    flush: async () => {},
    finish: () => settle(database, place, about),
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** Writes the features of new images. → the number of the first row */
const writeRows = async (
  database: Database,
  place: DatabasePlace,
  { about, features, count }: { readonly about: About; readonly features: Float32Array; readonly count: number },
): Promise<number> => {
  checkCount(count, features, about);
  const { width } = about;
  const { encode, decode } = rowsOf(about);
  // rounded here, so that a number that float16 does not hold is refused as it is in a folder
  const kept = new Float32Array(features.length);
  decode(Uint8Array.from(encode(features)), kept);
  const [[next] = []] = await database.rows(
    `update ${place.schema}.about set next_row = next_row + $1 returning next_row`,
    [count],
  );
  const first = (next as number) - count;
  const rows = Array.from({ length: count }, (_, i) => first + i);
  const vectors = rows.map((_, i) => `[${kept.subarray(i * width, (i + 1) * width).join(',')}]`);
  const { name } = vectorTypeOf(place, about);
  await database.rows(`insert into ${place.schema}.rows select * from unnest($1::integer[], $2::${name}[])`, [
    rows,
    vectors,
  ]);
  return first;
};

/** Writes lines about images, of which the last one about a path counts. */
const writeLines = async (database: Database, schema: string, lines: readonly Line[]): Promise<void> => {
  const last = new Map(lines.map((line) => [line.path, line]));
  const gone = [...last.values()].filter((line) => 'forgotten' in line).map(({ path }) => path);
  const there = [...last.values()].filter((line) => !('forgotten' in line)) as Entry[];
  if (gone.length > 0) await database.rows(`delete from ${schema}.images where path = any($1)`, [gone]);
  if (there.length === 0) return;
  await database.rows(
    `insert into ${schema}.images (path, bytes, modified, taken, dated, sha256, row)
      select path, bytes, modified, taken, dated, decode(sha256, 'hex'), row
      from unnest($1::text[], $2::float8[], $3::float8[], $4::float8[], $5::boolean[], $6::text[], $7::integer[])
        as new (path, bytes, modified, taken, dated, sha256, row)
      on conflict (path) do update set bytes = excluded.bytes, modified = excluded.modified, taken = excluded.taken,
        dated = excluded.dated, sha256 = excluded.sha256, row = excluded.row`,
    [
      there.map(({ path }) => path),
      there.map(({ bytes }) => bytes),
      there.map(({ modified }) => modified),
      there.map(({ taken }) => taken ?? null),
      there.map(({ taken }) => taken !== undefined),
      there.map(({ sha256 }) => sha256),
      there.map(({ row }) => row),
    ],
  );
};

/** Removes rows of no image and, of a cache that is searched by texts, makes the index by which pgvector finds the nearest. */
const settle = async (database: Database, place: DatabasePlace, about: About): Promise<void> => {
  const { schema } = place;
  const { name, mostIndexed } = vectorTypeOf(place, about);
  await database.rows(
    `delete from ${schema}.rows where not exists (select from ${schema}.images where images.row = rows.row)`,
  );
  if (about.task === retrievalPurpose.goal.name && about.width <= mostIndexed)
    await database.rows(
      `create index if not exists nearest on ${schema}.rows using hnsw (features ${name}_cosine_ops)`,
    );
  await database.rows(`analyze ${schema}.images`);
  await database.rows(`analyze ${schema}.rows`);
};
