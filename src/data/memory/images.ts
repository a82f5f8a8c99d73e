import type { PreparedImage } from '../batch.ts';

/** A least-recently-used cache of prepared images, by name. */
export interface ImageMemory {
  get(path: string): PreparedImage | undefined;
  keep(path: string, image: PreparedImage): void;
  /** Bytes of pixels held now. */
  readonly bytes: number;
}

/** Creates an empty cache. @param limit most bytes of pixels that it holds; 0 holds nothing. */
export const createImageMemory = (limit: number): ImageMemory => {
  const images = new Map<string, PreparedImage>();
  let bytes = 0;
  const drop = (path: string): void => {
    bytes -= images.get(path)?.pixels.data.byteLength ?? 0;
    images.delete(path);
  };
  return {
    get: (path) => {
      const image = images.get(path);
      // a Map lists its entries in the order of insertion: putting it back makes this the newest
      if (image) images.delete(path) && images.set(path, image);
      return image;
    },
    keep: (path, image) => {
      drop(path);
      images.set(path, image);
      bytes += image.pixels.data.byteLength;
      for (const oldest of images.keys()) {
        if (bytes <= limit) return;
        drop(oldest);
      }
    },
    get bytes() {
      return bytes;
    },
  };
};
