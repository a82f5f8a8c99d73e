import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Results of the earlier version over its own files. */
export interface Expected {
  /** The processor that computed them: on another one, the last bits of a sum may differ. */
  readonly processor: string;
  /** Each run as it ends when nothing stops it. */
  readonly runs: Readonly<Record<string, Run>>;
  readonly overCache: Run;
  /** Output of `dide ask --json`, by cache. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** Output of `dide evaluate --json` and the predictions that it wrote, by model. */
  readonly evaluated: Readonly<Record<string, { readonly lines: unknown; readonly predictions: unknown }>>;
  /** Output of `dide inspect --json`, by model. */
  readonly inspected: Readonly<Record<string, unknown>>;
}

export interface Run {
  /** Lines of metrics.jsonl without their times. */
  readonly metrics: readonly unknown[];
  /** SHA-256 of each file's tensors. */
  readonly best: string;
  readonly last: string;
}

/** Name of this machine's processor. */
export const processor = (): string => `${process.arch}, ${cpus()[0]?.model.trim()}`;

/** Lines of JSON in a file. */
export const jsonLinesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** SHA-256 of the tensors of a safetensors file, without its header. */
const digestOf = (path: string): string => {
  const bytes = readFileSync(path);
  return createHash('sha256')
    .update(bytes.subarray(8 + Number(bytes.readBigUInt64LE())))
    .digest('hex');
};

/** Files in the folder of a finished run. */
export const runIn = (folder: string): Run => ({
  metrics: jsonLinesOf(`${folder}/metrics.jsonl`).map(withoutTimes),
  best: digestOf(`${folder}/best.safetensors`),
  last: digestOf(`${folder}/last.safetensors`),
});

const withoutTimes = (line: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(line).filter(([name]) => !/time|milliseconds/i.test(name)));
