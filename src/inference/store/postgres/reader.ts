import { UserError } from '../../../errors.ts';
import { allPlaces, type ImageCache, imageCacheOf, type KeptBlock, type KeptOptions } from '../../image-cache.ts';
import { type Arrays, type Columns, ENTRY } from '../column-arrays.ts';
import { columnsOf } from '../columns.ts';
import type { ImageFilter } from '../image-filter.ts';
import { type About, rowsOf } from '../manifest.ts';
import { connect, type Database, type DatabasePlace, placeOf } from './database.ts';
import { conditionOf } from './filter.ts';
import { readTables, type VectorType, vectorTypeOf } from './tables.ts';

/** Rows whose images are read at a time. */
const IMAGES = 16_384;

/** Opens a cache of a database. It is read as it is now; no connection is held. */
export const openDatabaseCache = async (address: string, filter: ImageFilter = {}): Promise<ImageCache> => {
  const place = placeOf(address);
  await using database = await connect(place);
  const about = await readTables(database, place);
  if (!about) throw new UserError(`${place.shown}: there is no such cache: make it with dide cache … --to`);
  const columns = await readImages(database, place, filter);
  const type = vectorTypeOf(place, about);
  const nearest: ImageCache['nearest'] = (vector, count) =>
    nearestOf(place, { about, columns, type, filter }, [vector, count]);
  return imageCacheOf({ folder: place.shown, about, columns, nearest }, (options) =>
    readRows(place, { about, columns, type }, options),
  );
};

/**
 * The images that a filter lets through, some rows at a time: packed by the database into two long values, since a million
 * small ones would take this side longer than everything else.
 */
export const readImages = async (
  database: Database,
  { schema }: DatabasePlace,
  filter: ImageFilter,
): Promise<Columns> => {
  const condition = conditionOf(filter, 3);
  const packed = `int4send(row) || int4send(octet_length(path)) || float8send(bytes) || float8send(modified)
    || float8send(case when dated then coalesce(taken, 'NaN') else '-Infinity' end) || sha256`;
  const blocks: Buffer[][] = [];
  await database.rows('begin isolation level repeatable read read only');
  const [[end] = []] = await database.rows(`select next_row from ${schema}.about`);
  for (let row = 0; row < (end as number); row += IMAGES) {
    const [[entries, paths] = []] = await database.rows(
      `select string_agg(${packed}, '' order by row, path), string_agg(convert_to(path, 'UTF8'), '' order by row, path)
        from ${schema}.images where row >= $1 and row < $2 and ${condition.text}`,
      [row, row + IMAGES, ...condition.values],
    );
    if (entries && paths) blocks.push([entries as Buffer, paths as Buffer]);
  }
  await database.rows('commit');
  return columnsOf(arraysOf(blocks));
};

const arraysOf = (blocks: readonly Buffer[][]): Arrays => {
  const entries = Buffer.concat(blocks.map(([some]) => some!));
  const size = entries.length / ENTRY;
  const [rows, ends, hashes] = [new Uint32Array(size), new Uint32Array(size), new Uint8Array(32 * size)];
  const [bytes, modified, taken] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let i = 0, at = 0, end = 0; i < size; i += 1, at += ENTRY) {
    rows[i] = entries.readInt32BE(at);
    ends[i] = end += entries.readInt32BE(at + 4);
    bytes[i] = entries.readDoubleBE(at + 8);
    modified[i] = entries.readDoubleBE(at + 16);
    taken[i] = entries.readDoubleBE(at + 24);
    hashes.set(entries.subarray(at + 32, at + ENTRY), 32 * i);
  }
  return {
    rows,
    ends,
    hashes,
    bytes,
    modified,
    taken,
    paths: Uint8Array.from(Buffer.concat(blocks.map(([, p]) => p!))),
  };
};

/** State of an open cache. */
interface Opened {
  readonly about: About;
  readonly columns: Columns;
  readonly type: VectorType;
}

async function* readRows(
  place: DatabasePlace,
  opened: Opened,
  { only, rows: most = 4096 }: KeptOptions = {},
): AsyncGenerator<KeptBlock, void, undefined> {
  const places = only ?? allPlaces(opened.columns.size);
  if (places.length === 0) return;
  await using database = await connect(place);
  const read = (first: number): Promise<KeptBlock> => {
    const block = readBlock(database, place, { ...opened, places: places.subarray(first, first + most) });
    // an error is thrown where this block is asked for, which may be later
    block.catch(() => undefined);
    return block;
  };
  let next = read(0);
  for (let first = 0; first < places.length; first += most) {
    const block = await next;
    if (first + most < places.length) next = read(first + most);
    yield block;
  }
}

const readBlock = async (
  database: Database,
  { schema, shown }: DatabasePlace,
  { about, columns, type, places }: Opened & { readonly places: Uint32Array },
): Promise<KeptBlock> => {
  const wanted = places.map((at) => columns.rows[at]!);
  const rows = wanted.filter((row, i) => row !== wanted[i - 1]);
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const areNeighbours = last - first + 1 === rows.length;
  const [[sent] = []] = await database.rows(
    `select string_agg(${type.name}_send(features), '' order by row) from ${schema}.rows
      where ${areNeighbours ? 'row between $1 and $2' : 'row = any($1)'}`,
    areNeighbours ? [first, last] : [[...rows]],
  );
  const { bytes: rowBytes } = rowsOf(about);
  const packed = sent as Buffer | null | undefined;
  if (packed?.length !== (4 + rowBytes) * rows.length)
    throw new UserError(`${shown}: images were changed or removed since it was opened: open it again`);
  const bytes = new Uint8Array(rowBytes * places.length);
  for (let i = 0, at = -1; i < wanted.length; i += 1) {
    if (i === 0 || wanted[i] !== wanted[i - 1]) at += 1;
    const begin = (4 + rowBytes) * at + 4;
    bytes.set(packed.subarray(begin, begin + rowBytes), rowBytes * i);
  }
  const view = Buffer.from(bytes.buffer);
  if (type.bytes === 2) view.swap16();
  else view.swap32();
  return { places, bytes };
};

/** Places of the images that pgvector finds nearest to a vector. */
const nearestOf = async (
  place: DatabasePlace,
  { about, columns, type, filter }: Opened & { readonly filter: ImageFilter },
  [vector, count]: readonly [Float32Array, number],
): Promise<Uint32Array> => {
  const condition = conditionOf(filter, 3);
  await using database = await connect(place);
  await database.rows("select '[0]'::vector"); // loads the extension, whose settings are not known before
  await database.rows("select set_config('hnsw.ef_search', $1, false), set_config('hnsw.iterative_scan', $2, false)", [
    `${Math.min(1000, Math.max(100, 2 * count))}`,
    'strict_order',
  ]);
  const found = await database.rows(
    `select row, path from ${place.schema}.rows join ${place.schema}.images using (row) where ${condition.text}
      order by features <=> $1::${type.name}(${about.width}) limit $2`,
    [`[${vector.join(',')}]`, count, ...condition.values],
  );
  const places = found.map(([row, path]) => placeAt(columns, row as number, path as string));
  return Uint32Array.from(places.filter((at) => at !== undefined)).sort();
};

/** Place of an image by its row and path; undefined of one that was cached since. */
const placeAt = ({ size, rows, pathAt }: Columns, row: number, path: string): number | undefined => {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  for (; low < size && rows[low] === row; low += 1) if (pathAt(low) === path) return low;
  return undefined;
};
