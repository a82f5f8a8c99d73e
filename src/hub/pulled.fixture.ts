import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeHub, Fault } from './hub-routes.fixture.ts';

/** Bytes that do not compress, and differ from place to place. */
export const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 24));
/** A config of transformers. */
export const config = '{"model_type": "vilt"}';
/** Files of a model that are fetched. */
export const usual = {
  'config.json': config,
  'model.safetensors': weights,
  'vocab.txt': '[PAD]\n',
  'README.md': '# it\n',
};
/** Files of it that are not. */
export const others = { 'pytorch_model.bin': 'x', 'tf_model.h5': 'x', 'onnx/model.onnx': 'x', '.gitattributes': 'x' };

/** The cache of the Hub. */
export const cache = (): string => join(process.env.HF_HOME!, 'hub');
/** The error of a promise, in words. */
export const saying = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: unknown) => `${error}`,
  );
/** Paths of the files in a folder. */
export const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
/** Requests for files that hold a text. */
export const getsIn = ({ log }: FakeHub, path: string): string[] =>
  log.filter((line) => line.startsWith('GET') && line.includes(path));

/** Ends the connection after some bytes of the file, so many times. */
export const cut = (after: number, times = 1): Fault => {
  let left = times;
  return (request, response) => {
    if (!request.url!.startsWith('/cdn/') || left-- <= 0) return false;
    const from = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = from > 0 ? { 'content-range': `bytes ${from}-${weights.length - 1}/${weights.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': weights.length - from, ...headers });
    response.write(weights.subarray(from, from + after), () => request.socket.destroy());
    return true;
  };
};
