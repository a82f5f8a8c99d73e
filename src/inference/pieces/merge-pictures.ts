import { UserError } from '../../errors.ts';
import { parseJson } from '../../files/json.ts';
import { inWindows } from '../../files/lines/in-windows.ts';
import type { FoundFile } from '../../files/walk.ts';
import type { FileState, LookOptions } from '../file-states.ts';
import type { Predictor } from '../predictor.ts';
import type { Encodable, EncodedImages, Encoding } from '../together/encoding.ts';
import { type EncodedPicture, encodedSchema, encoderOf } from './encode-pictures.ts';

/** Pictures that are encoded already, and what they are looked at with. */
export interface Merging {
  /** JSON of what `encodePictures` yields, in any order; undefined where nothing is encoded yet. */
  readonly lines: AsyncIterable<string> | Iterable<string> | undefined;
  readonly student: Predictor;
  readonly looking: LookOptions;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * An encoding that takes the features of pictures from lines, and has another one encode what is in none of them: pictures
 * that have changed since, and those of lines that are cut short.
 */
export const mergedEncoding = (rest: Encoding, { lines, ...merging }: Merging): Encoding => {
  if (!lines) return rest;
  const { cached, window: most } = merging.looking;
  let features = new Map<string, Float32Array>();
  return {
    windows: async function* (files) {
      const waiting = new Map(files.map((file) => [file.path, file]));
      for await (const some of inWindows(picturesIn({ lines, ...merging }), most)) {
        features = new Map(some.flatMap((one) => ('features' in one ? [[one.picture, numbersOf(one)] as const] : [])));
        yield some.flatMap((one) => stateOf(one, waiting, cached) ?? []);
      }
      features = new Map();
      yield* rest.windows(files.filter(({ path }) => waiting.has(path)));
    },
    encode: async function* (images) {
      const merged = images.filter(({ file }) => features.has(file.path));
      if (merged.length > 0) yield joined(merged, features);
      const others = images.filter(({ file }) => !features.has(file.path));
      if (others.length > 0) yield* rest.encode(others);
    },
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
};

const joined = (images: readonly Encodable[], features: ReadonlyMap<string, Float32Array>): EncodedImages => ({
  files: images.map(({ file }) => file),
  features: Float32Array.from(images.flatMap(({ file }) => [...features.get(file.path)!])),
});

const numbersOf = ({ features }: Extract<EncodedPicture, { features: string }>): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(features, 'base64'));
  return new Float32Array(bytes.buffer);
};

/** State of the file of a line; undefined where it was of another time, or came before. */
const stateOf = (
  line: EncodedPicture,
  waiting: Map<string, FoundFile>,
  cached: LookOptions['cached'],
): FileState | undefined => {
  const { picture: path, bytes, modified } = line;
  const file = waiting.get(path);
  if (file?.bytes !== bytes || file.modified !== modified) return undefined;
  waiting.delete(path);
  if ('unreadable' in line) return { kind: 'unreadable', path, failure: new UserError(line.unreadable) };
  const { taken, sha256 } = line;
  const known = cached.entries.get(path);
  if (known?.bytes === bytes && known.modified === modified && known.sha256 === sha256) return { kind: 'kept' };
  const placeless = { ...file, taken, sha256 };
  const same = cached.withBytes(sha256);
  if (same) return { kind: 'renamed', entry: { ...placeless, row: same.row } };
  // as where another process has the pixels
  return { kind: 'new', file: placeless } as FileState;
};

/** The pictures of lines. @throws UserError where they are of another student, or were read otherwise. */
async function* picturesIn({
  lines = [],
  student,
  looking: { folder, pictures = 'as-shown' },
  onWarning,
}: Merging): AsyncGenerator<EncodedPicture, void, undefined> {
  const by = encoderOf(student, { pictures });
  let damaged = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const one = pictureIn(line, student.width);
    if (!one) damaged += 1;
    else if (one.by === by) yield one;
    else
      throw new UserError(
        `${folder}: ${one.picture} was encoded by another student, or read otherwise (${one.by}, and not ${by}): encode it with this one`,
      );
  }
  const are = damaged === 1 ? '1 line is' : `${damaged} lines are`;
  if (damaged > 0) onWarning?.(`${are} cut short or damaged: pictures that no other line has are encoded here`);
}

/** The picture of a line; undefined where it is none, or has another number of features. */
const pictureIn = (line: string, width: number): EncodedPicture | undefined => {
  const { data: one } = encodedSchema.safeParse(parseJson(line));
  if (one === undefined || 'unreadable' in one) return one;
  return Buffer.byteLength(one.features, 'base64') === 4 * width ? one : undefined;
};
