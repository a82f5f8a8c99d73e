import { type Arrays, NEVER_READ } from '../column-arrays.ts';
import type { Entry, Line } from '../layout.ts';
import { HashIndex, hashOfBytes } from './hash-index.ts';
import { columnArraysOf, countRows, makeRoom, noRecords, type Records } from './records.ts';

/** Entries of a cache by path; a map of them is one, too. */
export interface KnownEntries {
  /** Number of entries. */
  readonly size: number;
  get(path: string): Entry | undefined;
  has(path: string): boolean;
  keys(): Iterable<string>;
  values(): Iterable<Entry>;
}

/** Bytes of a SHA-256. */
const HASH = 32;

/**
 * Entries of a cache by path and by the bytes of their files, as its writer knows them, in arrays outside of V8's heap: of an
 * image about 90 bytes and its path, where a map of objects has 600, so that a cache may have ten million.
 *
 * A line never changes a record of another row or other bytes, but adds one: what was found by its bytes before is found still.
 */
export class EntryTable implements KnownEntries {
  #records: Records = noRecords();
  #count = 0;
  #size = 0;
  readonly #byPath = new HashIndex((i) => hashOfBytes(this.#records.paths, this.#beginOf(i), this.#records.ends[i]!));
  readonly #byHash = new HashIndex((i) => hashOfBytes(this.#records.hashes, HASH * i, HASH * (i + 1)));
  /** The path and the SHA-256 that are asked for. */
  #path: Buffer = Buffer.alloc(1024);
  #pathLength = 0;
  readonly #hash = Buffer.alloc(HASH);

  get size(): number {
    return this.#size;
  }

  get(path: string): Entry | undefined {
    const record = this.#find(path);
    return record < 0 ? undefined : this.#entryOf(record, path);
  }

  has(path: string): boolean {
    return this.#find(path) >= 0;
  }

  *keys(): Generator<string, void, undefined> {
    for (let i = 0; i < this.#count; i += 1) if (this.#records.holds[i] === 1) yield this.#pathOf(i);
  }

  *values(): Generator<Entry, void, undefined> {
    for (let i = 0; i < this.#count; i += 1) if (this.#records.holds[i] === 1) yield this.#entryOf(i, this.#pathOf(i));
  }

  /** The last entry of these bytes, under whatever name, and also where that was removed: its row is still there. */
  withBytes(sha256: string): Entry | undefined {
    this.#askHash(sha256);
    const record = this.#byHash.find(hashOfBytes(this.#hash, 0, HASH), this.#hasHash);
    return record < 0 ? undefined : this.#entryOf(record, this.#pathOf(record));
  }

  /** Applies a line of the index. */
  apply(line: Line): void {
    const record = this.#find(line.path);
    if (!('forgotten' in line)) this.#set(line, record);
    else if (record >= 0) this.#drop(record);
  }

  /** Adds the entries of columns whose paths are not there. */
  addAll({ bytes, modified, taken, rows, ends, hashes, paths }: Arrays): void {
    const [first, before] = [this.#count, this.#beginOf(this.#count)];
    this.#count += rows.length;
    makeRoom(this.#records, { count: this.#count, paths: before + paths.length });
    const records = this.#records;
    for (const [name, column] of Object.entries({ bytes, modified, taken, rows }))
      records[name as 'bytes'].set(column, first);
    for (let i = 0; i < ends.length; i += 1) records.ends[first + i] = before + ends[i]!;
    records.hashes.set(hashes, HASH * first);
    records.paths.set(paths, before);
    records.holds.fill(1, first, this.#count);
    this.#size += rows.length;
    for (const index of [this.#byPath, this.#byHash]) index.reserve(this.#count);
    for (let i = first; i < this.#count; i += 1) this.#enter(i);
  }

  /** The entries as columns, in the order of their rows; of one row, in the order of their lines. */
  arrays(): Arrays {
    return columnArraysOf(this.#records, { count: this.#count, size: this.#size });
  }

  /** Number of rows that belong to an entry. */
  rows(): number {
    return countRows(this.#records, this.#count);
  }

  /** Record of a path that holds; -1 where there is none. */
  #find(path: string): number {
    if (this.#path.length < 3 * path.length) this.#path = Buffer.alloc(6 * path.length);
    this.#pathLength = this.#path.write(path);
    const record = this.#byPath.find(hashOfBytes(this.#path, 0, this.#pathLength), this.#hasPath);
    return record >= 0 && this.#records.holds[record] === 1 ? record : -1;
  }

  /** Sets the entry of the path that was just looked up. */
  #set({ bytes, modified, taken, sha256, row }: Entry, there: number): void {
    this.#askHash(sha256);
    const isSame = there >= 0 && this.#records.rows[there] === row && this.#hasHash(there);
    if (!isSame && there >= 0) this.#drop(there);
    const record = isSame ? there : this.#add(row);
    const records = this.#records;
    records.bytes[record] = bytes;
    records.modified[record] = modified;
    records.taken[record] = taken === undefined ? NEVER_READ : (taken ?? Number.NaN);
  }

  /** Adds a record of the path and the bytes that were just asked for. */
  #add(row: number): number {
    const record = this.#count;
    const begin = this.#beginOf(record);
    makeRoom(this.#records, { count: record + 1, paths: begin + this.#pathLength });
    const records = this.#records;
    records.paths.set(this.#path.subarray(0, this.#pathLength), begin);
    records.ends[record] = begin + this.#pathLength;
    records.hashes.set(this.#hash, HASH * record);
    records.rows[record] = row;
    records.holds[record] = 1;
    this.#count += 1;
    this.#size += 1;
    this.#enter(record);
    return record;
  }

  #drop(record: number): void {
    this.#records.holds[record] = 0;
    this.#size -= 1;
  }

  /** Enters a record under its path and its bytes. */
  #enter(record: number): void {
    const { paths, hashes, ends } = this.#records;
    const [begin, end] = [this.#beginOf(record), ends[record]!];
    this.#byPath.set(hashOfBytes(paths, begin, end), record, (other) => this.#isPathOf(other, paths, begin, end));
    const at = HASH * record;
    this.#byHash.set(hashOfBytes(hashes, at, at + HASH), record, (other) => this.#isHashOf(other, hashes, at));
  }

  readonly #hasPath = (record: number): boolean => this.#isPathOf(record, this.#path, 0, this.#pathLength);

  readonly #hasHash = (record: number): boolean => this.#isHashOf(record, this.#hash, 0);

  #isPathOf(record: number, bytes: Uint8Array, begin: number, end: number): boolean {
    const { paths, ends } = this.#records;
    const first = this.#beginOf(record);
    if (ends[record]! - first !== end - begin) return false;
    for (let i = end - begin - 1; i >= 0; i -= 1) if (paths[first + i] !== bytes[begin + i]) return false;
    return true;
  }

  #isHashOf(record: number, bytes: Uint8Array, begin: number): boolean {
    const { hashes } = this.#records;
    for (let i = 0; i < HASH; i += 1) if (hashes[HASH * record + i] !== bytes[begin + i]) return false;
    return true;
  }

  #askHash(sha256: string): void {
    this.#hash.fill(0);
    this.#hash.write(sha256, 'hex');
  }

  #beginOf(record: number): number {
    return record === 0 ? 0 : this.#records.ends[record - 1]!;
  }

  #pathOf(record: number): string {
    return this.#records.paths.toString('utf8', this.#beginOf(record), this.#records.ends[record]);
  }

  #entryOf(record: number, path: string): Entry {
    const { bytes, modified, taken, hashes, rows } = this.#records;
    const when = taken[record]!;
    const sha256 = hashes.toString('hex', HASH * record, HASH * (record + 1));
    const known = { path, bytes: bytes[record]!, modified: modified[record]!, sha256, row: rows[record]! };
    if (when === NEVER_READ) return known;
    return { ...known, taken: Number.isNaN(when) ? null : when };
  }
}
