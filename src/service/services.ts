import type { Model } from '../checkpoints/model-file.ts';
import type { PreparedImage } from '../data/batch.ts';
import type { Explainer } from '../inference/explain/explainer.ts';
import type { PairToExplain } from '../inference/explain/open-explainer.ts';
import type { Predictor } from '../inference/predictor.ts';
import type { Metrics } from './http/metrics.ts';
import type { ImageSize, NamedBytes, PreparedFile } from './images/image-job.ts';
import type { Thumbnails } from './images/thumbnails.ts';
import type { SharedScan } from './model/shared-scan.ts';
import type { Teacher } from './model/teacher.ts';
import type { ServerLimits } from './options.ts';
import type { CacheView } from './store/cache-view.ts';
import type { StoreWriter } from './store/writing.ts';

/** A cache that is served. */
export interface Store {
  readonly name: string;
  readonly view: CacheView;
  /** Folder of its images; absent where they are not served. */
  readonly images?: string | undefined;
  /** Adds and removes images; absent where they are not served. */
  readonly writer?: StoreWriter | undefined;
}

/** A cache that is served with its images. */
export type StoreWithImages = Store & { readonly images: string; readonly writer: StoreWriter };

/** Pictures by the threads that decode them. */
export interface Pictures {
  /** Decodes an image and resizes it for the model. @throws UserError where it cannot be read. */
  prepare(image: NamedBytes): Promise<PreparedFile>;
  /** A WebP of an image, whose longer side has at most `side` pixels. @throws UserError where it cannot be read. */
  thumbnail(image: NamedBytes, side: number): Promise<Uint8Array>;
  /** Pixels of an image, as it is shown. @throws UserError where it cannot be read. */
  sizeOf(image: NamedBytes): Promise<ImageSize>;
}

/** Services that the routes use. */
export interface Services {
  readonly model: Model;
  /** The model, open; what is asked at once is run together. */
  readonly predictor: Predictor;
  /** Questions of cached images, asked together. */
  readonly scan: SharedScan;
  readonly pictures: Pictures;
  /** Thumbnails that were made before. */
  readonly thumbnails: Thumbnails;
  /** The fusion encoder that the model is compared with, where one is loaded. */
  readonly teacher?: Teacher | undefined;
  readonly stores: ReadonlyMap<string, Store>;
  /** Says where words look, of the teacher, where one is loaded, and of the model; absent where it looks at two images. */
  readonly explainer?: Explainer<PairToExplain> | undefined;
  readonly limits: ServerLimits;
  readonly metrics: Metrics;
  /** Whether questions are taken: not before the model has run once, nor once the server is stopping. */
  readonly isReady: () => boolean;
}

/** Images of a request, decoded. */
export type PreparedImages = readonly PreparedImage[];
