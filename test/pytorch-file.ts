import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Weights } from '../src/engine/numbers.ts';

/** Writes weights as torch.save does: a zip archive of stored files, data.pkl (protocol 2) and one storage a tensor. */
export const writePyTorch = async (path: string, weights: Weights): Promise<void> => {
  const storages = [...weights.values()].map(({ data }, i): [string, Uint8Array] => [
    `archive/data/${i}`,
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
  const stream = createWriteStream(path);
  const directory: Buffer[] = [];
  let at = 0;
  const write = (bytes: Uint8Array): void => {
    stream.write(bytes);
    at += bytes.length;
  };
  for (const [name, bytes] of [['archive/data.pkl', pickled(weights)] as const, ...storages]) {
    directory.push(headerOf('entry', name, { size: bytes.length, local: at }));
    write(headerOf('local', name, { size: bytes.length, local: at }));
    write(bytes);
  }
  const begin = at;
  for (const entry of directory) write(entry);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(at - begin, 12);
  end.writeUInt32LE(begin, 16);
  write(end);
  stream.end();
  await finished(stream);
};

const headerOf = (
  kind: 'local' | 'entry',
  name: string,
  { size, local }: { readonly size: number; readonly local: number },
): Buffer => {
  const header = Buffer.alloc(kind === 'local' ? 30 : 46);
  header.writeUInt32LE(kind === 'local' ? 0x04034b50 : 0x02014b50, 0);
  const sizes = kind === 'local' ? 18 : 20;
  header.writeUInt32LE(size, sizes);
  header.writeUInt32LE(size, sizes + 4);
  header.writeUInt16LE(name.length, sizes + 8);
  if (kind === 'entry') header.writeUInt32LE(local, 42);
  return Buffer.concat([header, Buffer.from(name)]);
};

const text = (value: string): string => `X${String.fromCharCode(value.length, 0, 0, 0)}${value}`;

const whole = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return `J${bytes.toString('latin1')}`;
};

const tuple = (values: readonly number[]): string => `(${values.map(whole).join('')}t`;

/** A dictionary of _rebuild_tensor_v2(storage, 0, shape, stride, False, {}) by name. */
const pickled = (weights: Weights): Buffer => {
  const items = [...weights].map(([name, { shape, data }], i) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const storage = `(${text('storage')}ctorch\nFloatStorage\n${text(String(i))}${text('cpu')}${whole(data.length)}tQ`;
    return `${text(name)}ctorch._utils\n_rebuild_tensor_v2\n(${storage}${whole(0)}${tuple(shape)}${tuple(strides)}\x89}tR`;
  });
  return Buffer.from(`\x80\x02}(${items.join('')}u.`, 'latin1');
};
