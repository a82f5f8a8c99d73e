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

/** What a thread of the pool can be asked for. */
export type ImageJob = PrepareJob | ThumbnailJob;

/** An image ready for the encoder, and the SHA-256 of the bytes of its file. */
export interface PreparedFile {
  readonly sha256: string;
  readonly picture: PreparedImage;
}

/** Result of a job: of `prepare` the image, of `thumbnail` the bytes of the WebP. */
export type ResultOf<J extends ImageJob> = J extends PrepareJob ? PreparedFile : Uint8Array;

/** Reply of a thread: a result, or the message of an error, and whether the user can mend it. */
export type Reply =
  | { readonly result: PreparedFile | Uint8Array }
  | { readonly message: string; readonly isUserError: boolean };
