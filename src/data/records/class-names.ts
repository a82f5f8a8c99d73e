import { UserError } from '../../errors.ts';
import { parseJson } from '../../files/json.ts';

/** A value with the names of class labels where their numbers stood. */
type Named = (value: unknown) => unknown;

/**
 * Replaces the numbers of class labels in rows by their names, as the description of features says them that the
 * datasets library keeps in the metadata of parquet and Arrow files. -1, which it writes where a label is not known,
 * becomes null.
 *
 * @param features JSON under the key `huggingface`; absent where a file was not written by that library.
 * @throws UserError that begins with `where`, for a description that is no JSON.
 */
export const classNames = (
  features: string | undefined,
  where: string,
): ((row: Readonly<Record<string, unknown>>) => Record<string, unknown>) => {
  const description = features === undefined ? {} : parseJson(features);
  if (description === undefined)
    throw new UserError(`${where}: its description of features is no JSON: the file is damaged: get it again.`);
  const columns = fieldsOf(fieldOf(fieldOf(description, 'info'), 'features'));
  return (row) => ({ ...row, ...namedFields(row, columns) });
};

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Names of class labels in a value of a feature; undefined where it has none. */
const namedBy = (feature: unknown): Named | undefined => {
  if (Array.isArray(feature)) return listed(namedBy(feature[0]));
  if (typeof feature !== 'object' || feature === null) return undefined;
  const names = fieldOf(feature, 'names');
  if (Array.isArray(names)) return (value) => nameOf(value, names);
  const inner = fieldOf(feature, 'feature');
  if (inner !== undefined) return listed(namedBy(inner));
  const fields = fieldsOf(feature);
  return fields.size === 0
    ? undefined
    : (value) => (isRow(value) ? { ...value, ...namedFields(value, fields) } : value);
};

const nameOf = (value: unknown, names: readonly unknown[]): unknown => {
  if (Array.isArray(value)) return value.map((one) => nameOf(one, names));
  return value === -1 ? null : typeof value === 'number' ? (names[value] ?? value) : value;
};

/** Each entry of a list; a list of objects is kept as an object of lists. */
const listed = (named: Named | undefined): Named | undefined =>
  named && ((value) => (Array.isArray(value) ? value.map(named) : named(value)));

const isRow = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** The features of an object that hold class labels, by name. */
const fieldsOf = (features: unknown): ReadonlyMap<string, Named> =>
  new Map(
    Object.entries(isRow(features) ? features : {}).flatMap(([name, feature]) => {
      const named = namedBy(feature);
      return named === undefined ? [] : [[name, named] as const];
    }),
  );

const namedFields = (row: Readonly<Record<string, unknown>>, fields: ReadonlyMap<string, Named>): object =>
  Object.fromEntries([...fields].flatMap(([name, named]) => (name in row ? [[name, named(row[name])]] : [])));
