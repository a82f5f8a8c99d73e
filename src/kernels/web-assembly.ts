/** What is used of WebAssembly, whose types neither ECMAScript's library nor Node's brings along. */
declare const WebAssembly: {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Memory: new (pages: { initial: number; maximum: number; shared: boolean }) => { readonly buffer: ArrayBufferLike };
  Instance: new (module: object, imports: { env: { memory: object } }) => { readonly exports: unknown };
};

const PAGE_BYTES = 65_536;

/** The bytes of a module that is written down in base64; all of ours are of a kilobyte or so. */
export const moduleBytes = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Whether this machine runs such a module; one without SIMD does not. */
export const canRun = (base64: string): boolean =>
  typeof WebAssembly === 'object' && WebAssembly.validate(moduleBytes(base64));

/** A module over its memory. */
export interface Opened<Exports> {
  /** As the module's own source declares them; nothing checks that. */
  readonly exports: Exports;
  /** Never grows, so that views of it stay good. */
  readonly buffer: ArrayBufferLike;
  /** What another thread needs to open it again. */
  readonly module: object;
  readonly memory: object;
}

/**
 * A module that imports `env.memory`, over zeroed memory of at least so many bytes.
 *
 * @param shared whether the memory may be given to other threads; the module must be compiled for it.
 */
export const openModule = <Exports>(
  base64: string,
  bytes: number,
  { shared = false }: { readonly shared?: boolean | undefined } = {},
): Opened<Exports> => {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  const module = new WebAssembly.Module(moduleBytes(base64));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { exports: exports as Exports, buffer: memory.buffer, module, memory };
};
