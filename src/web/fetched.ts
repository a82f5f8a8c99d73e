import { UserError } from '../errors.ts';

/** Something to read: an address, relative ones from the page, or bytes that are here already. */
export type WebSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** Options of reading. */
export interface ReadingOptions {
  /** Receives the bytes that are here, and of how many; 0 where the host does not say. */
  readonly onProgress?: ((bytes: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Name of a source in messages. */
export const nameOf = (source: WebSource): string => {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.href;
  return 'name' in source ? String(source.name) : 'the given bytes';
};

/** Reads a source whole. @throws UserError where it cannot be had. */
export const readSource = async (source: WebSource, options: ReadingOptions = {}): Promise<Uint8Array<ArrayBuffer>> => {
  if (source instanceof Uint8Array) return new Uint8Array(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  return await download(source, options);
};

const download = async (
  address: string | URL,
  { onProgress, signal }: ReadingOptions,
): Promise<Uint8Array<ArrayBuffer>> => {
  const response = await fetch(address, { signal: signal ?? null }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new UserError(`${address}: it cannot be loaded: check the address, and that the host is reachable`, {
      cause,
    });
  });
  if (!response.ok || !response.body)
    throw new UserError(`${address}: the host answers ${response.status}: put the file there, or give its address`);
  const of = Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    onProgress?.(bytes, of);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
