import type { RecordShape } from '../../records/shape.ts';
import { isPicture, partOf, type SampleFile } from './parts.ts';

/** Names of a part that is the picture, and not a map or a mask of it. */
const PICTURE_NAMES = ['image', 'img', 'input', 'rgb', 'picture', 'photo'];

/** The pictures of a sample that its examples are about. */
export interface ChosenPictures {
  readonly pictures: readonly SampleFile[];
  /** Extensions of its other pictures. */
  readonly unused: readonly string[];
}

/**
 * The pictures of a sample that are those of a shape: the parts with the names of its fields, or those without a name
 * (`jpg`, beside `depth.png`), or those with a name that says it (`input.jpg`), or all where there are no more than
 * needed.
 *
 * @returns why there are none, where too few are there or none of these rules says which are meant.
 */
export const choosePictures = (
  files: readonly SampleFile[],
  { images: needed, imageFields }: RecordShape,
): ChosenPictures | { readonly unusable: string } => {
  const all = files
    .filter(({ extension }) => isPicture(partOf(extension)[1]))
    .sort((a, b) => (a.extension < b.extension ? -1 : 1));
  const told = all.map(({ extension }) => extension).join(', ');
  if (all.length < needed) {
    const others = files.map(({ extension }) => extension).join(', ');
    return { unusable: `has ${all.length} pictures of ${needed}, only ${others}` };
  }
  const pictures = all.length === needed ? all : (ofFields(all, imageFields, needed) ?? ofKind(all, needed));
  if (pictures === undefined)
    return { unusable: `has ${all.length} pictures of ${needed} (${told}), and nothing says which are meant` };
  return { pictures, unused: all.filter((one) => !pictures.includes(one)).map(({ extension }) => extension) };
};

type Parts = readonly SampleFile[];

/** The parts with the names of one of the shape's lists of fields. */
const ofFields = (all: Parts, imageFields: RecordShape['imageFields'], needed: number): Parts | undefined => {
  const lists = imageFields.filter((names) => names.length === needed);
  const found = lists.map((names) =>
    names.flatMap((name) => all.find(({ extension }) => [extension, partOf(extension)[0]].includes(name)) ?? []),
  );
  return found.find((some) => some.length === needed);
};

const ofKind = (all: Parts, needed: number): Parts | undefined => {
  const nameOf = ({ extension }: SampleFile): string => partOf(extension)[0];
  if (needed > 1)
    return exactly(
      needed,
      all.filter((one) => /^\d+$/.test(nameOf(one))),
    );
  const [plain] = all.filter((one) => nameOf(one) === '');
  if (plain) return [plain];
  return exactly(
    1,
    all.filter((one) => PICTURE_NAMES.includes(nameOf(one))),
  );
};

const exactly = (count: number, parts: Parts): Parts | undefined => (parts.length === count ? parts : undefined);
