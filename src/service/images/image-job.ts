import type { PreparedImage } from '../../data/batch.ts';
import type { PictureOptions } from '../../data/pictures/options.ts';
import type { SizeRule } from '../../data/resize.ts';

/** The bytes of an image file, and what to call it in errors. */
export interface NamedBytes {
  readonly bytes: Uint8Array;
  readonly where: string;
}

/** Decode an image and resize it to whole patches. */
export interface PrepareJob extends NamedBytes, PictureOptions {
  readonly kind: 'prepare';
  readonly rule: SizeRule;
}

/** Decode an image and make a small WebP of it. */
export interface ThumbnailJob extends NamedBytes, PictureOptions {
  readonly kind: 'thumbnail';
  /** Length of its longer side in pixels. */
  readonly side: number;
}

/** Read the size of an image. */
export interface SizeJob extends NamedBytes, PictureOptions {
  readonly kind: 'size';
}

/** Pixels of an image, as it is shown. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Jobs that a thread of the pool can do. */
export type ImageJob = PrepareJob | ThumbnailJob | SizeJob;

/** An image ready for the encoder, and what the bytes of its file say. */
export interface PreparedFile {
  /** When the picture was taken, in milliseconds since 1970, by its EXIF data; null where they say nothing. */
  readonly taken: number | null;
  readonly sha256: string;
  readonly picture: PreparedImage;
}

/** Results of the jobs. */
export type Result = PreparedFile | Uint8Array | ImageSize;

/** Result of a job: of `prepare` the image, of `thumbnail` the bytes of the WebP, of `size` the pixels. */
export type ResultOf<J extends ImageJob> = J extends PrepareJob
  ? PreparedFile
  : J extends ThumbnailJob
    ? Uint8Array
    : ImageSize;

/** Reply of a thread: a result, or the message of an error, and whether the user can mend it. */
export type Reply = { readonly result: Result } | { readonly message: string; readonly isUserError: boolean };
