import type { ImageSource } from '../example.ts';
import { holdsPicture, isPictureName } from '../pictures/kinds.ts';
import { isRecord } from './no-answer.ts';
import type { RecordRow, RecordShape } from './shape.ts';

/** A count of the pictures of rows that are not read, by the fields that hold them. */
export interface OtherPictures {
  /** Looks for pictures in a row beside those of its images. */
  readonly see: (row: RecordRow) => void;
  /** A sentence about the pictures that are not read, the fields that were taken instead, and how to choose; or none. */
  readonly notices: (where: string) => string[];
}

/**
 * Creates a count of the pictures that are not read. Where the user named the fields of images, nothing is counted:
 * pictures in other fields are then left out by choice.
 */
export const createOtherPictures = ({ imageFields, textFields, answers }: RecordShape): OtherPictures => {
  const [taken, others] = [new Set<string>(), new Map<string, number>()];
  const isNamed = imageFields.length === 1;
  const known = new Set([...textFields, ...answers.fields]);
  return {
    see: ({ row, images, imageFields: used, otherImages = [] }) => {
      const fields = Object.entries(row)
        .filter(([name, value]) => !used.includes(name) && !known.has(name) && isOther(value, images))
        .map(([name]) => name);
      const found = [...otherImages, ...fields];
      if (found.length > 0) for (const name of used) taken.add(name);
      for (const name of found) others.set(name, (others.get(name) ?? 0) + 1);
    },
    notices: (where) => {
      if (isNamed || others.size === 0) return [];
      const named = [...others].map(([name, rows]) => `${name} (${rows})`).join(', ');
      return [
        `${where}: rows have other pictures, which are not read: ${named}. Read are those of ${[...taken].join(', ')}: to choose others, name their field in a task of your own (defineTask).`,
      ];
    },
  };
};

/** Most entries of a list that are looked at. */
const LOOKED_AT = 8;

/** Whether a value is a picture or the path of one that is none of these images. */
const isOther = (value: unknown, images: readonly ImageSource[]): boolean => {
  if (typeof value === 'string') return isOtherPath(value, images);
  if (value instanceof Uint8Array) return holdsPicture(value);
  if (Array.isArray(value)) return value.slice(0, LOOKED_AT).some((one) => isOther(one, images));
  return isRecord(value) && (isOther(value.bytes, images) || isOther(value.path, images));
};

/**
 * Whether a text is the path of a picture, and not another way to write that of an image. Where images are stored in the
 * table, a path is the name that one had before, and nothing beside it is read.
 */
const isOtherPath = (text: string, images: readonly ImageSource[]): boolean =>
  isPictureName(text) &&
  !/:\/\/|\n/.test(text) &&
  images.every((image) => typeof image === 'string' && !isEndOf(image, text.replaceAll('\\', '/')));

const isEndOf = (path: string, text: string): boolean =>
  path.replaceAll('\\', '/') === text || path.replaceAll('\\', '/').endsWith(`/${text.replace(/^(\.?\/)+/, '')}`);
