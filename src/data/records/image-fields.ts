import { resolve } from 'node:path';
import { counted, UserError } from '../../errors.ts';
import { fieldError, type JsonLine, RowError, textField, textsField } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import type { RecordReader } from './read-record.ts';
import { isNumberedText, type RecordRow, type RecordShape } from './shape.ts';

/**
 * The examples of a row of a table whose images are files: it holds their paths, relative to the table's folder.
 *
 * @param line the row; `otherImages` as `RecordRow` has them.
 * @throws UserError where the row lacks a path or a text, or an answer is none.
 */
export const tableExamples = (
  line: JsonLine & Pick<RecordRow, 'otherImages'>,
  { folder, shape, reader }: { readonly folder: string; readonly shape: RecordShape; readonly reader: RecordReader },
): Example[] => {
  const { names, paths } = imagePaths(line, shape);
  return reader.read({ ...line, images: paths.map((path) => resolve(folder, path)), imageFields: names });
};

/**
 * The paths of the images of a row as it has them, and the names of the fields that hold them.
 *
 * @throws UserError where it lacks one.
 */
export const imagePaths = (
  line: JsonLine,
  shape: RecordShape,
): { readonly names: readonly string[]; readonly paths: readonly string[] } => {
  const names = imageFieldsOf(line, shape);
  return { names, paths: pathsIn(line, names, shape) };
};

/** The first of the shape's image fields that the row has; the first of all where it has none. */
const imageFieldsOf = ({ row }: JsonLine, { imageFields }: RecordShape): readonly string[] =>
  imageFields.find((names) => names.every((name) => row[name] !== undefined)) ?? imageFields[0]!;

/** The paths in these fields: a text each, or a list in a single one. */
const pathsIn = (line: JsonLine, names: readonly string[], { images }: RecordShape): readonly string[] => {
  const [name] = names as [string];
  const isList = names.length === 1 && Array.isArray(line.row[name]);
  const paths = isList ? textsField(line, name) : names.map((one) => textField(line, one));
  for (const path of paths) checkPath(path, line);
  if (isList && paths.length !== images && paths.length > 0)
    throw new RowError(`${line.where}: "${name}" has ${paths.length} of ${counted(images, 'image')}: mend the row.`);
  const empty = paths.findIndex((path) => path.trim() === '');
  if (paths.length > 0 && empty < 0) return paths;
  throw fieldError(
    line,
    isList ? name : names[empty]!,
    isList ? 'a list of at least one path' : 'the path of an image',
  );
};

/** Most characters of a path. */
const LONGEST_PATH = 4096;

/** @throws RowError where a text is no path of a file but a link, or the picture itself. */
const checkPath = (path: string, { where }: JsonLine): void => {
  const shown = path.length > 60 ? `${path.slice(0, 60)}… (${path.length} characters)` : path;
  if (/^(https?|ftp|s3|gs):\/\//i.test(path))
    throw new RowError(
      `${where}: its image is a link, ${shown}, which is not fetched: get the picture (img2dataset does).`,
    );
  if (/^(data:|\{'bytes')/.test(path) || path.length > LONGEST_PATH || isBase64(path))
    throw new RowError(`${where}: its image is no path but ${shown}: write the picture to a file of its own.`);
};

/** Beginnings of JPEG, PNG, GIF and RIFF (WebP) in base64. */
const ENCODED = /^(\/9j\/|iVBORw0KGgo|R0lGOD|UklGR)/;

/** Whether a text is a picture in base64, by its beginning or by letters that no path has so many of in a row. */
const isBase64 = (text: string): boolean =>
  /^[\w+/-]+=*$/.test(text) && (text.length > 255 || (text.length > 64 && ENCODED.test(text)));

/**
 * The columns of a table that hold the images of records.
 *
 * @throws UserError, with the columns that there are, where none is an image's or none is a text's.
 */
export const imageColumnsOf = (path: string, columns: readonly string[], shape: RecordShape): readonly string[] => {
  const { name, imageFields, textFields } = shape;
  const found = imageFields.find((names) => names.every((one) => columns.includes(one)));
  const isText = (column: string): boolean =>
    (textFields.includes(column) || isNumberedText(column, shape)) && !found?.includes(column);
  if (found && columns.some(isText)) return found;
  const [what, names] = found ? ['text', textFields] : ['image', imageFields.flat()];
  throw new UserError(
    `${path}: has ${columns.join(', ')}: no ${what} for ${name} (${names.join(', ')}): check the task.`,
  );
};
