/** Part of the slots that may be taken before there are twice as many. */
const FULLEST = 0.7;

/**
 * Numbers of records by a hash of their keys, 4 bytes a slot outside of V8's heap: open addressing with linear probing. A
 * key keeps its slot for ever.
 */
export class HashIndex {
  /** Number of a record and 1; 0 of a free slot. */
  #slots = new Uint32Array(64);
  #taken = 0;
  readonly #hashOf: (record: number) => number;

  /** @param hashOf the hash of the key of a record, of 32 bits. */
  constructor(hashOf: (record: number) => number) {
    this.#hashOf = hashOf;
  }

  /** Makes room for so many keys at once. */
  reserve(keys: number): void {
    let length = this.#slots.length;
    while (keys > FULLEST * length) length *= 2;
    if (length > this.#slots.length) this.#grow(length);
  }

  /** The record of a key; -1 where there is none. */
  find(hash: number, hasKey: (record: number) => boolean): number {
    return this.#slots[this.#slotOf(hash, hasKey)]! - 1;
  }

  /** Sets the record of a key, in place of the one that it had. */
  set(hash: number, record: number, hasKey: (record: number) => boolean): void {
    const slot = this.#slotOf(hash, hasKey);
    if (this.#slots[slot] === 0) this.#taken += 1;
    this.#slots[slot] = record + 1;
    this.reserve(this.#taken);
  }

  /** The slot of a key, or the free one where it belongs. */
  #slotOf(hash: number, hasKey: (record: number) => boolean): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let there = this.#slots[slot]!; there !== 0 && !hasKey(there - 1); there = this.#slots[slot]!)
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(length: number): void {
    const before = this.#slots;
    const mask = length - 1;
    this.#slots = new Uint32Array(length);
    for (const one of before) {
      if (one === 0) continue;
      let slot = this.#hashOf(one - 1) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = one;
    }
  }
}

/** Hash of bytes, of 32 bits: FNV-1a, and a last mixing so that its low bits depend on all. */
export const hashOfBytes = (bytes: Uint8Array, begin: number, end: number): number => {
  let hash = 0x811c9dc5;
  for (let i = begin; i < end; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return hash ^ (hash >>> 16);
};
