/** Small images that were made before, the last used ones first among those that stay. */
export interface Thumbnails {
  /** The thumbnail of a key, made where it is not kept; one that is being made is waited for. */
  get(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

/** Keeps thumbnails in memory, of so many bytes together. */
export const createThumbnails = (mostBytes: number): Thumbnails => {
  const kept = new Map<string, Uint8Array>();
  const making = new Map<string, Promise<Uint8Array>>();
  let bytes = 0;
  const keep = (key: string, image: Uint8Array): void => {
    kept.set(key, image);
    bytes += image.length;
    for (const [oldest, { length }] of kept) {
      if (bytes <= mostBytes) return;
      kept.delete(oldest);
      bytes -= length;
    }
  };
  return {
    get: async (key, make) => {
      const image = kept.get(key);
      if (image) {
        kept.delete(key);
        kept.set(key, image);
        return image;
      }
      const made = making.get(key) ?? make();
      if (!making.has(key)) {
        making.set(key, made);
        made
          .then(
            (one) => keep(key, one),
            () => {},
          )
          .finally(() => making.delete(key));
      }
      return await made;
    },
  };
};
