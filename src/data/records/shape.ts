import type { JsonLine } from '../../files/json-lines.ts';
import type { ImageSource } from '../example.ts';
import type { AnswerFormat } from './answers.ts';

/**
 * The shape of the records of a data set: the fields of a table's row, of an object in a JSON file or of a sample in a
 * shard from which one example is read, or one for each of its texts. A task owns one; `captions` is that of images
 * with texts.
 */
export interface RecordShape {
  /** Name of the task, as `--task` says it. Layouts of one published set say by this name which records they hold. */
  readonly name: string;
  /** Number of images of an example. */
  readonly images: 1 | 2;
  /**
   * Fields that may hold the images, the first whose names are all there. A list has one name an image, or a single
   * name of a field with a list of paths.
   */
  readonly imageFields: readonly (readonly string[])[];
  /** Fields that may hold the text, in the order in which they are looked for. */
  readonly textFields: readonly string[];
  /** Whether one row may hold several texts about its images, as captions do. */
  readonly severalTexts: boolean;
  /** Reader and writer of its answers. */
  readonly answers: AnswerFormat;
}

/** A row or sample, and its images. */
export interface RecordRow extends JsonLine {
  readonly images: readonly ImageSource[];
  /** Fields that held the images, and so do not go to `about`. */
  readonly imageFields: readonly string[];
  /** Fields that hold pictures in the file, which are not read and so are not in the row. */
  readonly otherImages?: readonly string[] | undefined;
}

/** Fields of one image, by the names that data sets use. */
const ONE_IMAGE: RecordShape['imageFields'] = [
  ['image'],
  ['img'],
  ['jpg'],
  ['picture'],
  ['images'],
  ['file_name'],
  ['filepath'],
  ['image_path'],
  ['filename'],
];

/** Fields of two images, by the names that data sets use. */
const TWO_IMAGES: RecordShape['imageFields'] = [
  ['image_0', 'image_1'],
  ['left_image', 'right_image'],
  ['image_left', 'image_right'],
  ['left', 'right'],
  ['image_1', 'image_2'],
  ['image1', 'image2'],
  ['image_a', 'image_b'],
  ['images'],
];

/** The usual names of the fields of an example's images. */
export const usualImageFields = (images: 1 | 2): RecordShape['imageFields'] => (images === 1 ? ONE_IMAGE : TWO_IMAGES);

/** The names under which an example's images are written: the first of its fields that has one name an image. */
export const writtenImageFields = ({ images, imageFields }: RecordShape): readonly string[] =>
  [...imageFields, ...usualImageFields(images)].find((names) => names.length === images)!;

/** Whether a field is one of several texts about an image, `caption_0` to `caption_4`, in a shape that may have them. */
export const isNumberedText = (field: string, { severalTexts, textFields }: RecordShape): boolean =>
  severalTexts && textFields.includes(field.replace(/_?\d+$/, '')) && !textFields.includes(field);
