import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { counted, UserError } from '../../errors.ts';
import { mapConcurrent } from '../../files/map-concurrent.ts';
import { type ByteRange, readRange } from '../../files/read-exactly.ts';
import { resize } from '../../kernels/resize/resize.ts';
import type { Example, ImageSource, StoredImage } from '../example.ts';
import { readImage, readImageBytes } from '../image.ts';
import { imageName } from '../pictures/image-name.ts';

/** Examples and notices about their pictures. */
interface Found {
  readonly examples: Example[];
  readonly notices: readonly string[];
}

/** An image of rows that may be that of others, too. */
interface Picture {
  readonly source: ImageSource;
  readonly id: string | undefined;
}

/**
 * Gives rows about one picture one image, that of the first of them, so that a gallery, a batch or a draw of negatives
 * knows it for one: tables and shards often have a row a caption. Pictures are one where their bytes are equal. Only
 * files of one size are read, and of those whose middles are equal, all. Pictures of one `image_id` (of one folder, since
 * two sets may number theirs alike) whose bytes differ are one where they look alike, as copies of other quality do;
 * otherwise each is a picture of its own, and a notice counts them.
 */
export const withSamePictures = async (examples: readonly Example[], path: string): Promise<Found> => {
  const pictures = picturesOf(examples);
  const keys = await contentKeys([...pictures.values()].map(({ source }) => source));
  const [firstOf, ofId] = [new Map<string, ImageSource>(), new Map<string, Map<string, ImageSource>>()];
  for (const [name, { source, id }] of pictures) {
    const key = keys.get(name)!;
    if (!firstOf.has(key)) firstOf.set(key, source);
    if (id !== undefined) ofId.set(id, (ofId.get(id) ?? new Map()).set(key, firstOf.get(key)!));
  }
  const unequal = [...ofId].filter(([, contents]) => contents.size > 1);
  const others: [id: string, pictures: number][] = [];
  for (const [id, contents] of unequal) {
    const distinct = await distinctIn([...contents.values()], (key, like) => firstOf.set(key, like), keys);
    if (distinct > 1) others.push([id.split('\0').at(-1)!, distinct]);
  }
  return {
    examples: examples.map((example) => ({
      ...example,
      images: example.images.map((image) => firstOf.get(keys.get(imageName(image))!)!),
    })),
    notices: others.length === 0 ? [] : [othersNotice(path, others)],
  };
};

const othersNotice = (path: string, others: readonly (readonly [id: string, pictures: number])[]): string => {
  const [[id, pictures]] = others as [(typeof others)[number]];
  const more = others.length === 1 ? '' : `, and ${counted(others.length - 1, 'other id')} so`;
  return `${path}: ${id} is the image id of ${pictures} pictures that differ${more}: each counts as a picture of its own.`;
};

/** Gives pictures of one id that look alike the first of them. → the number of pictures that do not */
const distinctIn = async (
  sources: readonly ImageSource[],
  replace: (key: string, like: ImageSource) => void,
  keys: ReadonlyMap<string, string>,
): Promise<number> => {
  const seen: { readonly source: ImageSource; readonly look: Uint8Array | undefined }[] = [];
  for (const source of sources) {
    const look = await lookOf(source).catch(rethrowUnlessUserError);
    const like = seen.find((one) => look && one.look?.every((value, i) => Math.abs(value - look[i]!) <= ALIKE));
    if (like) replace(keys.get(imageName(source))!, like.source);
    else seen.push({ source, look });
  }
  return seen.length;
};

/** Side of the small picture by which two are compared, and the most by which equal ones differ, of 255. */
const [LOOK, ALIKE] = [8, 24];

const lookOf = async (source: ImageSource): Promise<Uint8Array> => resize(await readImage(source), LOOK, LOOK).data;

/** Fields by which annotations name an image, whatever file or row holds it. */
const ID_FIELDS = ['image_id', 'img_id', 'imgid', 'cocoid'];

/** The images of examples by their names, in the order in which they first appear. */
const picturesOf = (examples: readonly Example[]): Map<string, Picture> => {
  const pictures = new Map<string, Picture>();
  for (const { images, about = {} } of examples) {
    const field = images.length === 1 ? ID_FIELDS.find((name) => isId(about[name])) : undefined;
    for (const source of images) {
      const name = imageName(source);
      const folder = typeof source === 'string' ? '' : dirname(name);
      const id = field === undefined ? undefined : `${folder}\0${about[field]}`;
      if (!pictures.has(name)) pictures.set(name, { source, id });
    }
  }
  return pictures;
};

const isId = (value: unknown): boolean => typeof value === 'number' || (typeof value === 'string' && value !== '');

/** A key of the bytes of each image, by its name: equal keys, equal bytes. */
const contentKeys = async (sources: readonly ImageSource[]): Promise<ReadonlyMap<string, string>> => {
  const keys = new Map<string, string>();
  let alike: readonly ImageSource[] = sources;
  for (const keyOf of [sizeKey, middleKey, wholeKey]) {
    const found = await mapConcurrent([...alike], async (source) => {
      // a picture that cannot be read is like no other, and an error where it is needed
      const key = await keyOf(source).catch(rethrowUnlessUserError);
      return [source, `${keys.get(imageName(source)) ?? ''} ${key ?? imageName(source)}`] as const;
    });
    const counts = new Map<string, number>();
    for (const [source, key] of found) {
      keys.set(imageName(source), key);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    alike = found.filter(([, key]) => counts.get(key)! > 1).map(([source]) => source);
  }
  return keys;
};

const rethrowUnlessUserError = (failure: unknown): undefined => {
  if (failure instanceof UserError) return undefined;
  throw failure;
};

/** Place of an image's bytes in a file; undefined where they are compressed there, or in memory. */
const placeOf = async (source: ImageSource): Promise<StoredImage['place']> => {
  if (typeof source !== 'string') return 'place' in source ? source.place : undefined;
  const length = await stat(source).then(
    ({ size }) => size,
    () => undefined,
  );
  return length === undefined ? undefined : { path: source, offset: 0, length };
};

const sizeKey = async (source: ImageSource): Promise<string> => `${(await placeOf(source))?.length ?? 'any'}`;

/** Bytes that are read to tell most pictures of one size apart; the middle of a file differs where its header does not. */
const MIDDLE = 256;

const middleKey = async (source: ImageSource): Promise<string> => {
  const place = await placeOf(source);
  if (place === undefined) return 'any';
  const length = Math.min(MIDDLE, place.length);
  const range: ByteRange = { offset: place.offset + Math.floor((place.length - length) / 2), length };
  return digestOf(await readRange(place.path, range));
};

const wholeKey = async (source: ImageSource): Promise<string> => digestOf(await readImageBytes(source));

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');
