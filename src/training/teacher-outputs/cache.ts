import { createHash } from 'node:crypto';
import { descriptionOf } from '../../checkpoints/description.ts';
import type { Model } from '../../checkpoints/model-file.ts';
import type { Feeds } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import { type Batch, loadBatches } from '../../data/loader.ts';
import { imageName } from '../../data/pictures/image-name.ts';
import type { PictureStyle } from '../../data/pictures/options.ts';
import { createTokenizer } from '../../data/tokenizer.ts';
import { bytesOf } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { counted, UserError } from '../../errors.ts';
import { whenFree } from '../../files/lock.ts';
import { named } from '../../inference/identity.ts';
import type { Preprocessor } from '../../inference/preprocessor.ts';
import { feedsOf, patchesOf, placesOf, recordOf, withPadding } from './placeholder.ts';
import { type About, openTeacherRecords, type TeacherRecords } from './records.ts';

/** Outputs of a teacher for each training example, computed once and kept. */
export interface TeacherCache extends AsyncDisposable {
  /** Feeds of a batch in place of the teacher. @throws UserError where a record is damaged. */
  feeds(batch: Batch): Promise<Feeds>;
  /** Number of examples fed so far, and the milliseconds that this saved against running the teacher. */
  saved(): { readonly examples: number; readonly milliseconds: number };
}

/** Options of `openTeacherCache`. */
export interface TeacherCacheOptions {
  /** Folder of the records. */
  readonly folder: string;
  readonly model: Model;
  readonly teacher: Model;
  /** Teacher tensors that are kept, by name, as `tensorsUsedBy` finds them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly examples: readonly Example[];
  readonly preprocessor: Preprocessor;
  /** Most bytes of records to hold in memory; where there are more, each is read when it is needed. Default 2 GiB. */
  readonly memory?: number | undefined;
  readonly threads?: number | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Ends the filling by throwing the reason of its abortion. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the teacher once over every example that has no record yet, and keeps some of its tensors in float16. They
 * depend on neither the student nor the batch, but only on the example, which therefore must not be augmented. While
 * another process fills the folder, it waits.
 *
 * @throws UserError where the folder belongs to another teacher or other data, or a number is too large for float16.
 */
export const openTeacherCache = async (options: TeacherCacheOptions): Promise<TeacherCache> => {
  const { examples, folder, tensors, memory = 2 ** 31 } = options;
  if (tensors.size === 0) {
    throw new UserError(
      `${folder}: nothing is learnt from the teacher that is the same in every epoch, so nothing of it can be cached: leave the cache out`,
    );
  }
  const [places, words] = [placesOf(tensors), longestOf(options)];
  const records = await whenFree(() => openTeacherRecords(folder, aboutOf(options, words)), waiting(options));
  const numbers = new Map(examples.map((example, i) => [example, i]));
  let [served, preprocessor] = [0, 0];
  try {
    await fill(records, { ...options, words, numbers });
    await records.load(memory);
  } catch (error) {
    await records[Symbol.asyncDispose]();
    throw error;
  }
  return {
    feeds: async (batch) => {
      const began = performance.now();
      const read = batch.examples.map((example) => records.read(numbers.get(example)!));
      const feeds = feedsOf(await Promise.all(read), places, { feeds: batch.feeds, words });
      served += batch.examples.length;
      preprocessor += performance.now() - began;
      return feeds;
    },
    saved: () => ({ examples: served, milliseconds: served * records.milliseconds() - preprocessor }),
    [Symbol.asyncDispose]: () => records[Symbol.asyncDispose](),
  };
};

/** Length of the longest text in word pieces, or the length to which all are padded. */
const longestOf = ({ model: { config }, examples, preprocessor }: TeacherCacheOptions): number => {
  const tokenizer = createTokenizer(config.vocabulary, config.words);
  const limit = config.sizes.words;
  const lengths = new Map(examples.map(({ text }) => [text, 0]));
  for (const text of lengths.keys()) lengths.set(text, tokenizer.encode(text, { limit }).ids.length);
  return [...lengths.values()].reduce((most, one) => Math.max(most, one), preprocessor.collate.padWordsTo ?? 0);
};

const styleOf = ([first]: readonly Example[], { pictures }: Preprocessor): PictureStyle =>
  pictures ?? first?.pictures ?? 'as-shown';

const aboutOf = ({ teacher, examples, tensors, preprocessor }: TeacherCacheOptions, words: number): About => {
  const identity = createHash('sha256').update(JSON.stringify(descriptionOf(teacher.config)));
  for (const [name, { data }] of [...teacher.weights].sort(([a], [b]) => (a < b ? -1 : 1))) {
    identity.update(name).update(bytesOf(data));
  }
  const ofData = createHash('sha256');
  for (const { id, text, images } of examples) ofData.update(JSON.stringify([id, text, images.map(imageName)]));
  return {
    ...{ format: 1, words, examples: examples.length },
    ...{ teacher: named(identity.digest('hex'), teacher.precision), data: ofData.digest('hex') },
    // caches of earlier versions are of pictures as ViLT reads them, and do not say it
    ...(styleOf(examples, preprocessor) === 'as-shown' ? { pictures: 'as-shown' } : {}),
    kept: [...tensors].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join('; '),
  };
};

const ofTeacher = ({ weights, precision: weightPrecision }: Model) => ({ weights, weightPrecision });

interface FillOptions extends TeacherCacheOptions {
  readonly words: number;
  readonly numbers: ReadonlyMap<Example, number>;
}

/** A training waits while another fills the folder, since it will find there what it needs. */
const waiting = ({ signal, onWarning }: Pick<TeacherCacheOptions, 'signal' | 'onWarning'>) => ({
  signal,
  onWait: (message: string) => onWarning?.(`${message} (this training waits for it)`),
});

/** Milliseconds between two notices of progress. */
const NOTICE = 10_000;

const fill = async (records: TeacherRecords, options: FillOptions): Promise<void> => {
  const { examples, teacher, tensors, preprocessor, words, numbers, threads, signal, onWarning = () => {} } = options;
  const isMissing = (example: number): boolean => !records.has(example);
  if (![...examples.keys()].some(isMissing)) return;
  await using writer = await whenFree(records.openWriter, waiting(options));
  const missing = [...examples.keys()].filter(isMissing);
  if (missing.length === 0) return;
  onWarning(`caching what the teacher makes of ${missing.length} of ${counted(examples.length, 'example')}`);
  const places = placesOf(tensors);
  await using session = await compile(Object.fromEntries(tensors), { ...ofTeacher(teacher), threads });
  const padded = { ...preprocessor, reuse: true, collate: { ...preprocessor.collate, padWordsTo: words } };
  let [done, began, said] = [0, performance.now(), performance.now()];
  for await (const { feeds, examples: some } of loadBatches(examples, missing, padded)) {
    const started = performance.now();
    const made = await session.run(withPadding(feeds));
    const milliseconds = (performance.now() - started) / some.length;
    const batch = some.map((example, at) => ({
      ...{ example: numbers.get(example)!, milliseconds },
      record: recordOf(made, places, { at, patches: patchesOf(feeds, at), where: example.id }),
    }));
    await writer.append(batch);
    signal?.throwIfAborted();
    done += some.length;
    if (performance.now() - said < NOTICE) continue;
    said = performance.now();
    const left = (((said - began) / done) * (missing.length - done)) / 60_000;
    onWarning(`cached ${done} of ${counted(missing.length, 'example')}; ${left.toFixed(0)} min left`);
  }
};
