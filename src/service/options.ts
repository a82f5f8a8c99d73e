import type { Model } from '../checkpoints/model-file.ts';
import type { ApiKey } from './http/keys.ts';

/** A cache that is served, and the folder of its images where they are served, too. */
export interface ServedCache {
  /**
   * Place of a cache that `cacheImages` wrote: its folder, the address of a Postgres database with pgvector, or a prefix of a
   * bucket (`s3://bucket/photos`), where it is only read.
   */
  readonly cache: string;
  /**
   * Folder of the images. Without it they can be asked about, but not shown, added or deleted. With it the cache is made
   * where there is none, but for one in a bucket, to which nothing is added.
   */
  readonly images?: string | undefined;
  /** Its name in the service's paths. Default: that of its folder, without `.cache`, or the one in its address. */
  readonly name?: string | undefined;
}

/** Limits of a server. */
export interface ServerLimits {
  /** Largest image that is taken, in millions of bytes. Default 20. */
  readonly megabytes: number;
  /** Largest image that is decoded, in millions of pixels. Default 50. */
  readonly megapixels: number;
  /** Longest time of a request; after it the answer is 504. Default 30. */
  readonly seconds: number;
  /** Requests that are worked on or wait for it; further ones are answered 429. Default 64. */
  readonly inFlight: number;
  /** Requests with images among them, whose bytes and pixels are held in memory. Default 16. */
  readonly imagesInFlight: number;
  /** Requests a minute of one key, or of one address where there are no keys; 0 is without limit. Default 0. */
  readonly perMinute: number;
  /** Thumbnails that are kept in memory, in millions of bytes. Default 128. */
  readonly thumbnailMegabytes: number;
  /** Threads that decode images. Default 2. */
  readonly decoders: number;
  /** Most examples that the model encodes in one run. Default 32. */
  readonly batch: number;
  /** Longest time for which a stop waits for requests under way. Default 30. */
  readonly stopSeconds: number;
}

/** Limits without a choice of one's own. */
export const defaultLimits: ServerLimits = {
  megabytes: 20,
  megapixels: 50,
  seconds: 30,
  inFlight: 64,
  imagesInFlight: 16,
  perMinute: 0,
  thumbnailMegabytes: 128,
  decoders: 2,
  batch: 32,
  stopSeconds: 30,
};

/** A line of the log: an object of JSON. */
export interface LogWriter {
  write(line: string): void;
}

/** Options of `createServer`. */
export interface ServerOptions {
  readonly caches: readonly ServedCache[];
  /** Address to listen on. Default 127.0.0.1. Any other than this machine's own is refused without keys. */
  readonly host?: string | undefined;
  /** Port to listen on; 0 is a free one. Default 8080. */
  readonly port?: number | undefined;
  /** Keys that a request must bring, one of them. Default: none is asked for. */
  readonly keys?: readonly ApiKey[] | undefined;
  /**
   * File of keys, as `dide key` writes it, which is read again when it has changed: a key that is added or removed counts
   * a second later. Where it can no longer be read, the keys stay as they are, and the log says why.
   */
  readonly keyFile?: string | undefined;
  /** Origins whose pages may ask: `https://photos.example`. Default: none but the server's own. */
  readonly cors?: readonly string[] | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** A fusion encoder to compare the model with: its attention beside the model's, and what a pair costs it. */
  readonly teacher?: Model | undefined;
  /** Folder of the page that is shown at `/`, with an `index.html`. Default: a page that names the routes. */
  readonly page?: string | undefined;
  /** Receives the log, a line of JSON a request. Default: none. */
  readonly log?: LogWriter | undefined;
  /** Threads to compute with. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
}
