import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { RecordShape } from '../../records/shape.ts';
import { recordOfAll } from '../../records/write-record.ts';
import type { DatasetWriter, DatasetWriterOptions, Written } from '../dataset-writer.ts';

/** Bytes of images at which a shard is closed; as img2dataset's, small enough to move and large enough to stream. */
const SHARD = 512 * 2 ** 20;

/**
 * A writer of WebDataset shards: `train-000000.tar`, with the files `000000017.jpg` and `000000017.json` of each
 * sample. Images keep their bytes. A shard gets its name only when it is whole.
 */
export const openWebDatasetWriter = ({
  to,
  split,
  records,
  shard: most = SHARD,
}: DatasetWriterOptions): DatasetWriter => {
  let [samples, shards, bytes]: [number, number, number] = [0, 0, 0];
  let open: ReturnType<typeof openShard> | undefined;
  const close = async (): Promise<void> => {
    await open?.close();
    open = undefined;
    bytes = 0;
  };
  return {
    add: async (written) => {
      if (bytes >= most) await close();
      open ??= openShard(join(to, `${split}-${String(shards++).padStart(6, '0')}.tar`));
      for (const [name, content] of filesOf(written, records))
        await open.add(`${String(samples).padStart(9, '0')}.${name}`, content);
      bytes += written.images.reduce((sum, image) => sum + image.bytes.length, 0);
      samples += 1;
    },
    close,
    files: () => shards,
  };
};

const filesOf = ({ images, examples }: Written, records: RecordShape): [string, Uint8Array][] => [
  ...images.map(({ bytes, extension }, side): [string, Uint8Array] => [
    images.length > 1 ? `${side}.${extension}` : extension,
    bytes,
  ]),
  ['json', Buffer.from(JSON.stringify(recordOfAll(examples, records)))],
];

const openShard = (path: string) => {
  const archive = pack();
  const partial = `${path}.partial`;
  const file = createWriteStream(partial);
  // the file's error says what is wrong; the archive hears of it, too, and would end the process with another
  let broken: Error | undefined;
  const hear = (error: Error): void => {
    broken ??= error;
  };
  file.on('error', hear);
  archive.on('error', hear);
  const done = finished(archive.pipe(file as never) as unknown as NodeJS.WritableStream).catch((error: unknown) => {
    throw broken ?? error;
  });
  done.catch(() => undefined);
  return {
    add: (name: string, content: Uint8Array): Promise<void> =>
      new Promise((resolve, reject) => {
        // an archive whose file broke between two entries takes no more, and says only that
        if (broken) return reject(broken);
        // The current date would make two conversions of the same data differ.
        archive.entry({ name, mtime: new Date(0) }, Buffer.from(content), (error) =>
          error ? reject(broken ?? error) : resolve(),
        );
        done.catch(reject);
      }),
    close: async (): Promise<void> => {
      archive.finalize();
      await done;
      await rename(partial, path);
    },
  };
};
