/** The part of the WebAssembly API that is used; neither ECMAScript's type library nor Node's declares it. */
declare const WebAssembly: {
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Memory: new (pages: { initial: number; maximum: number; shared: boolean }) => { readonly buffer: ArrayBufferLike };
  Instance: new (module: object, imports: { env: { memory: object } }) => { readonly exports: unknown };
};

const PAGE_BYTES = 65_536;

/** Decodes a module from base64. */
export const moduleBytes = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Whether this machine can run a module; one without SIMD cannot. */
export const canRun = (base64: string): boolean =>
  typeof WebAssembly === 'object' && WebAssembly.validate(moduleBytes(base64));

/** An instance of a module and its memory. */
export interface Opened<Exports> {
  /** Exported functions, typed as the module's source declares them, which nothing checks. */
  readonly exports: Exports;
  /** The memory's bytes. It never grows, so views of it stay valid. */
  readonly buffer: ArrayBufferLike;
  /** Compiled module and memory, for instances in other threads. */
  readonly module: object;
  readonly memory: object;
}

/**
 * Instantiates a module that imports `env.memory`, over zeroed memory of at least `bytes` bytes.
 *
 * @param shared whether other threads may use the memory; the module must be compiled for it.
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
