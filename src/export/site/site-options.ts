import type { Model } from '../../checkpoints/model-file.ts';

/** Options of `writeSite`. */
export interface SiteOptions {
  /** Folder that is made: a new or empty one. */
  readonly to: string;
  /** Folder of the pictures, of which small ones are made. */
  readonly images: string;
  /** Folder of the page, as it was built. */
  readonly page: string;
  /** Folder of the files of onnxruntime-web that the page runs. */
  readonly runtime: string;
  /**
   * `wasm` (default): the page computes in WebAssembly. `webgpu`: on the visitor's graphics processor where there is one,
   * by two files more, of 27 MB, which the package does not hold: `runtime` is then the folder `dist` of onnxruntime-web.
   */
  readonly provider?: 'wasm' | 'webgpu' | undefined;
  /** Name of the collection. Default: that of the cache's folder. */
  readonly title?: string | undefined;
  /** Name of the student for people. Default: its task. */
  readonly name?: string | undefined;
  /** Questions worth trying. Default: none. */
  readonly examples?: readonly string[] | undefined;
  /** The student's teacher, whose attention is shown beside the student's; it is a part of the site then. Default: none. */
  readonly teacher?: Model | undefined;
  /** Longer side of the small pictures in pixels. Default 320. */
  readonly side?: number | undefined;
  /** Ends the writing by throwing the reason of its abortion; nothing is left. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the number of small pictures that are made, and of all. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  /** Receives pictures that can no longer be read, a sentence each: they are asked all the same, and not shown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
