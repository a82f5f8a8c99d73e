import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Example } from '../../example.ts';
import type { ExampleTask } from '../format.ts';
import { keyOf, type SampleFile, sampleExamples } from './sample.ts';

/** How shards are streamed. */
export interface StreamOptions {
  readonly task: ExampleTask;
  /** Examples among which the next one is drawn; 1, the default, keeps the order of the shards. */
  readonly shuffle?: number | undefined;
  /** Draws a number from 0 up to 1; needed to shuffle. */
  readonly random?: (() => number) | undefined;
  /** Hears of shards that are cut short and samples that are no examples. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Largest sample, and largest file of one, in bytes; neither a damaged header nor a tiny archive may fill the memory. */
const LARGEST = 256 * 2 ** 20;

/** Most files of a sample. */
const MOST_FILES = 1000;

/**
 * The examples of shards in one pass from beginning to end, `.tar` or `.tar.gz`, as one reads them from a slow disk. The
 * pictures of an example are in memory with it; at most `shuffle` examples are. A shard that is cut short or damaged is
 * told of, and the next one goes on.
 */
export async function* streamShards(
  shards: readonly string[],
  options: StreamOptions,
): AsyncGenerator<Example, void, undefined> {
  const { shuffle = 1, random = () => 0 } = options;
  const waiting: Example[] = [];
  const draw = (): Example => {
    const place = Math.floor(random() * waiting.length);
    const drawn = waiting[place]!;
    const last = waiting.pop()!;
    if (place < waiting.length) waiting[place] = last;
    return drawn;
  };
  for (const shard of shards) {
    for await (const example of examplesIn(shard, options)) {
      waiting.push(example);
      if (waiting.length >= shuffle) yield draw();
    }
  }
  while (waiting.length) yield draw();
}

async function* examplesIn(
  shard: string,
  { task, onWarning = () => {} }: StreamOptions,
): AsyncGenerator<Example, void, undefined> {
  let [key, files, held]: [string, SampleFile[], number] = ['', [], 0];
  const examples = async (): Promise<Example[]> => {
    if (files.length === 0) return [];
    const found = await sampleExamples({ where: `${basename(shard)}, ${key}`, files }, task);
    if (!('unusable' in found)) return found;
    onWarning(`${found.unusable}: left out.`);
    return [];
  };
  const members = membersOf(shard);
  for (;;) {
    const next = await members.next().catch((cause: Error) => cause);
    if (next instanceof Error)
      return onWarning(
        `${shard}: is cut short or damaged (${next.message}): what follows is left out${key ? `, with sample ${key}` : ''}.`,
      );
    if (next.done) break;
    const { name, bytes } = next.value;
    const [nextKey, extension] = keyOf(name) ?? ['', ''];
    if (nextKey === '') continue;
    if (nextKey !== key) {
      yield* await examples();
      [key, files, held] = [nextKey, [], 0];
    }
    held += bytes.length;
    if (held > LARGEST || files.length === MOST_FILES) {
      return onWarning(
        `${shard}: its sample ${key} has more than ${MOST_FILES} files or ${LARGEST} bytes: it is left out, with what follows.`,
      );
    }
    files.push({ extension, length: bytes.length, read: async () => bytes });
  }
  yield* await examples();
}

type TarEntry = AsyncIterable<unknown> & {
  readonly header: { readonly name: string; readonly size?: number | undefined };
};

interface Member {
  readonly name: string;
  readonly bytes: Buffer;
}

async function* membersOf(shard: string): AsyncGenerator<Member, void, undefined> {
  const archive = extract();
  const file = createReadStream(shard);
  const streams: readonly [Readable, ...NodeJS.ReadWriteStream[]] = shard.endsWith('gz')
    ? [file, createGunzip()]
    : [file];
  pipeline([...streams, archive as unknown as NodeJS.WritableStream], () => {});
  for await (const entry of archive) {
    const bytes = await bytesOf(entry);
    if (entry.header.type === 'file') yield { name: entry.header.name, bytes };
  }
}

const bytesOf = async (entry: TarEntry): Promise<Buffer> => {
  const { name, size = 0 } = entry.header;
  if (size > LARGEST) throw new Error(`${name} claims ${size} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
