import type { StoredImage } from '../../example.ts';
import { isImageName } from '../../pictures/kinds.ts';

/** A file of a sample, whose bytes are read when they are asked for. */
export interface SampleFile {
  /** Name behind the key: `jpg`, or `input.jpg` of a part with a name. */
  readonly extension: string;
  readonly place: NonNullable<StoredImage['place']>;
  readonly read: StoredImage['read'];
}

/** The files of one key, which follow each other in a shard. */
export interface Sample {
  /** Shard and key, for errors: `00000.tar, 000000017`. */
  readonly where: string;
  /** Key with the shard's path, which no other sample has, for the names of pictures. */
  readonly name: string;
  readonly files: readonly SampleFile[];
}

/** Whether files of a kind are pictures: those of an image format, or `img`, whatever that holds. */
export const isPicture = (kind: string): boolean => kind === 'img' || isImageName(`.${kind}`);

/** Fields of a row by the kind of the file that holds one. */
export const TEXT_KINDS: Readonly<Record<string, string>> = {
  txt: 'txt',
  text: 'txt',
  caption: 'caption',
  cap: 'caption',
  cls: 'label',
};

/** Kinds of files whose fields are those of the row. */
export const JSON_KINDS: readonly string[] = ['json', 'jsn'];

/** Key and extension of a member of a shard: its key ends at the first dot of the file's own name. */
export const keyOf = (name: string): readonly [key: string, extension: string] | undefined => {
  const found = /^((?:.*\/)?[^./]+)\.([^/]*)$/.exec(name);
  return found ? [found[1]!, found[2]!.toLowerCase()] : undefined;
};

/** Name and kind of a part: those of `input.jpg` are `input` and `jpg`; `jpg` has no name. */
export const partOf = (extension: string): readonly [name: string, kind: string] => {
  const dot = extension.lastIndexOf('.');
  return [extension.slice(0, Math.max(0, dot)), extension.slice(dot + 1)];
};

/**
 * The samples among files of one key. Where several names before the last dot have both a picture and a text, as in
 * `photo.v1.jpg`, `photo.v1.txt`, `photo.v2.jpg`, `photo.v2.txt`, each is a sample, and its dots are part of its key.
 * Otherwise all are parts of one sample.
 */
export const samplesOf = ({ where, name, files }: Sample): Sample[] => {
  const parts = [...new Set(files.map(({ extension }) => partOf(extension)[0]))];
  const whole = parts.filter((part) => isWhole(files.filter(({ extension }) => partOf(extension)[0] === part)));
  if (whole.length < 2) return [{ where, name, files }];
  const samples = new Map<string, SampleFile[]>();
  for (const file of files) {
    const [part] = partOf(file.extension);
    const owner = ownerOf(part, whole) ?? part;
    const extension = file.extension.slice(owner === '' ? 0 : owner.length + 1);
    samples.set(owner, [...(samples.get(owner) ?? []), { ...file, extension }]);
  }
  return [...samples].map(([owner, some]) => {
    const end = owner === '' ? '' : `.${owner}`;
    return { where: `${where}${end}`, name: `${name}${end}`, files: some };
  });
};

/** The longest of the names that a part's name is, or begins with up to a dot. */
const ownerOf = (name: string, whole: readonly string[]): string | undefined =>
  whole
    .filter((one) => one === '' || name === one || name.startsWith(`${one}.`))
    .sort((a, b) => b.length - a.length)
    .at(0);

const isWhole = (files: readonly SampleFile[]): boolean => {
  const kinds = files.map(({ extension }) => partOf(extension)[1]);
  return kinds.some(isPicture) && kinds.some((kind) => JSON_KINDS.includes(kind) || kind in TEXT_KINDS);
};
