import type { Numbers } from '../../engine/numbers.ts';

/**
 * Memory of the patches of batches that are used up, for the next ones. The patches of a batch have megabytes: new
 * memory for each would be filled with zeros and collected, again and again.
 */
export interface PatchMemory {
  /** An array of `count` numbers, with whatever values it was given back with. */
  take(count: number): Float32Array;
  /** Takes back what the feeds of a batch have of this memory; they must not be read any more. */
  giveBack(feeds: Readonly<Record<string, Numbers>>): void;
}

/** Creates an empty memory. It grows to as many arrays as are taken at one time, each as large as was ever needed. */
export const createPatchMemory = (): PatchMemory => {
  const taken = new Set<ArrayBufferLike>();
  const free: ArrayBuffer[] = [];
  const bufferOf = (bytes: number): ArrayBuffer => {
    const [found = new ArrayBuffer(bytes)] = free.splice(
      free.findIndex(({ byteLength }) => byteLength >= bytes),
      1,
    );
    // where none is large enough, this takes the last of those that are too small
    return found.byteLength >= bytes ? found : new ArrayBuffer(bytes);
  };
  return {
    take: (count) => {
      const buffer = bufferOf(count * Float32Array.BYTES_PER_ELEMENT);
      taken.add(buffer);
      return new Float32Array(buffer, 0, count);
    },
    giveBack: (feeds) => {
      for (const { data } of Object.values(feeds)) {
        if (taken.delete(data.buffer)) free.push(data.buffer as ArrayBuffer);
      }
    },
  };
};
