import { UserError } from '../../errors.ts';
import { fieldError, type JsonLine, textField } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import { isPictureStyle } from '../pictures/options.ts';
import { createOtherPictures } from './other-pictures.ts';
import { isNumberedText, type RecordRow, type RecordShape } from './shape.ts';

/** Reads the rows of one split. */
export interface RecordReader {
  /** The examples of a row. @throws UserError where its text is missing, or an answer is none. */
  readonly read: (row: RecordRow) => Example[];
  /**
   * Notices of what the rows had and is not read.
   *
   * @throws UserError, beginning with `where`, when no row had the field that the task names for its answers.
   */
  readonly end: (where: string) => string[];
}

export interface ReaderOptions {
  /** Whether the answers of all annotators go to `about.answers`; true by default. */
  readonly keepAnnotators?: boolean | undefined;
}

/**
 * A reader of the rows of one split: each gives one example, or one for each of its texts. The fields are those that
 * sets on the Hugging Face hub, img2dataset and `dide convert` write, or that the task names; all others go to `about`.
 */
export const createRecordReader = (shape: RecordShape, options: ReaderOptions = {}): RecordReader => {
  const { required } = shape.answers;
  const [seen, pictures] = [new Set<string>(), createOtherPictures(shape)];
  return {
    read: (row) => {
      const rows = nestedRows(row).map((one) => withNumberedTexts(one, shape));
      if (required !== undefined && !seen.has(required)) for (const one of rows) addFields(seen, one);
      pictures.see(row);
      return rows.flatMap((one) => rowExamples(one, shape, options));
    },
    end: (where) => {
      if (required === undefined || seen.size === 0 || ['answers', required].some((name) => seen.has(name)))
        return pictures.notices(where);
      throw new UserError(
        `${where}: no row has an answer in "${required}", the field that the task ${shape.name} names; there are ${[...seen].join(', ')}: name one of them as its label.`,
      );
    },
  };
};

const addFields = (seen: Set<string>, { row }: JsonLine): void => {
  for (const [name, value] of Object.entries(row)) if (value != null) seen.add(name);
};

/** Rows that `dide convert` wrote into one sample, in the field `examples`; otherwise the row itself. */
const nestedRows = (line: RecordRow): RecordRow[] => {
  const { examples } = line.row;
  if (!Array.isArray(examples)) return [line];
  return examples.map((row: unknown, i) => {
    if (typeof row !== 'object' || row === null) throw fieldError(line, 'examples', 'a list of objects');
    return { ...line, where: `${line.where} text ${i + 1}`, row: row as JsonLine['row'] };
  });
};

/** A row whose numbered texts, if it has no others, are one list in the first of the fields of texts. */
const withNumberedTexts = (line: RecordRow, shape: RecordShape): RecordRow => {
  const fields = Object.keys(line.row).filter((field) => isNumberedText(field, shape));
  if (fields.length === 0 || shape.textFields.some((name) => line.row[name] != null)) return line;
  const texts = fields.map((field) => line.row[field]).filter((text) => text != null);
  const others = Object.entries(line.row).filter(([field]) => !fields.includes(field));
  return { ...line, row: { ...Object.fromEntries(others), [shape.textFields[0]!]: texts } };
};

const rowExamples = (line: RecordRow, shape: RecordShape, { keepAnnotators = true }: ReaderOptions): Example[] => {
  const name = textFieldOf(line, shape);
  const texts = textsIn(line, name);
  const { scored, annotators } = shape.answers.read(line);
  const others = aboutOf(line, [name, ...shape.answers.fields], keepAnnotators ? annotators : undefined);
  const { pictures, ...rest } = others;
  const styled = isPictureStyle(pictures);
  const about = styled ? rest : others;
  return texts.map((text, i) => ({
    id: texts.length > 1 ? `${line.where} text ${i + 1}` : line.where,
    images: line.images,
    text,
    answers: scored,
    ...(Object.keys(about).length > 0 ? { about } : {}),
    ...(styled ? { pictures } : {}),
  }));
};

/** The first of the text's fields that holds a text, or else the first that holds anything. */
const textFieldOf = ({ row }: JsonLine, { textFields }: RecordShape): string =>
  textFields.find((name) => typeof row[name] === 'string' || Array.isArray(row[name])) ??
  textFields.find((name) => row[name] != null) ??
  textFields[0]!;

const textsIn = (line: JsonLine, name: string): string[] => {
  const value = line.row[name];
  const texts = Array.isArray(value)
    ? value.flat(Number.POSITIVE_INFINITY).map((entry: unknown) => textOfSentence(entry) ?? '')
    : [textField(line, name)];
  const isOfTexts = texts.every((one): one is string => typeof one === 'string');
  // a blank one among others, or one that is null, is left out where those of all rows are, and counted
  if (isOfTexts && texts.some((one) => one.trim() !== '')) return texts;
  throw fieldError(line, name, 'a text that is not blank, or a list of such texts');
};

/** The text of an entry that is an object with one, as Karpathy's sentences are: `{"raw": …, "tokens": […]}`. */
const textOfSentence = (entry: unknown): unknown => {
  if (typeof entry !== 'object' || entry === null) return entry;
  const row = entry as Readonly<Record<string, unknown>>;
  return ['raw', 'caption', 'text'].map((name) => row[name]).find((text) => typeof text === 'string') ?? entry;
};

/** All other fields; those that `dide convert` put into the field `about` come out as they were. */
const aboutOf = (
  { row, imageFields }: RecordRow,
  used: readonly string[],
  annotators: readonly string[] | undefined,
): Record<string, unknown> => {
  const others = Object.entries(row).filter(
    ([name, value]) => value != null && !used.includes(name) && !imageFields.includes(name),
  );
  const { about, ...rest } = Object.fromEntries(others);
  return { ...rest, ...(annotators ? { answers: annotators } : {}), ...nestedIn(about) };
};

/** The fields of an object, or of one as JSON in a column of texts; anything else is kept as `about`. */
const nestedIn = (about: unknown): object => {
  if (typeof about === 'object' && about !== null) return about;
  if (typeof about !== 'string') return about === undefined ? {} : { about };
  try {
    return nestedIn(JSON.parse(about));
  } catch {
    return { about };
  }
};
