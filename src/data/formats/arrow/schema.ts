import type { Flatbuffer } from './flatbuffer.ts';

/** Kinds of types by their numbers in Arrow's Schema.fbs. */
const KINDS = [
  'none',
  'null',
  'int',
  'float',
  'binary',
  'utf8',
  'bool',
  'decimal',
  'date',
  'time',
  'timestamp',
  'interval',
  'list',
  'struct',
  'union',
  'fixed-size binary',
  'fixed-size list',
  'map',
  'duration',
  'large binary',
  'large utf8',
  'large list',
  'run-end encoded',
  'binary view',
  'utf8 view',
  'list view',
  'large list view',
] as const;

export type ArrowKind = (typeof KINDS)[number];

/** A column of a table or a part of one. */
export interface ArrowField {
  readonly name: string;
  readonly kind: ArrowKind;
  readonly children: readonly ArrowField[];
  /** Bits of a number. */
  readonly bits: number;
  readonly isSigned: boolean;
  /** Entries of a list of fixed size. */
  readonly size: number;
  /** Whether the values of a union stand one behind the other, with an offset each. */
  readonly isDense: boolean;
  /** Dictionary whose values the numbers are indices of: its id, and the type of the indices. */
  readonly dictionary?: { readonly id: number; readonly bits: number; readonly isSigned: boolean } | undefined;
}

/** The columns of a table without their values, and texts by key about them. */
export interface ArrowSchema {
  readonly fields: readonly ArrowField[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Numbers of the fields of tables in Schema.fbs. */
const SCHEMA = { fields: 1, metadata: 2 };
const FIELD = { name: 0, kind: 2, type: 3, dictionary: 4, children: 5 };
const KEY_VALUE = { key: 0, value: 1 };
const INT = { bits: 0, isSigned: 1 };
const DICTIONARY = { id: 0, type: 1 };
/** The first field of the types of numbers with a fraction, of lists of fixed size and of unions. */
const FIRST = 0;

/** Most fields of a schema, nested ones included: damaged offsets can make a circle of them. */
const MOST_FIELDS = 10_000;

/** Decodes the schema in a table of a flatbuffer. @throws RangeError where its bytes make no sense. */
export const schemaIn = (buffer: Flatbuffer, table: number): ArrowSchema => {
  let left = MOST_FIELDS;
  const fieldOf = (field: number): ArrowField => {
    left -= 1;
    if (left < 0) throw new RangeError(`it has more than ${MOST_FIELDS} fields`);
    const kind = KINDS[buffer.byte(field, FIELD.kind)];
    if (kind === undefined) throw new RangeError(`a field has the type ${buffer.byte(field, FIELD.kind)}`);
    const type = buffer.table(field, FIELD.type);
    const dictionary = buffer.table(field, FIELD.dictionary);
    return {
      name: buffer.text(field, FIELD.name),
      kind,
      ...(type === undefined ? NO_NUMBERS : numbersOf(buffer, type, kind)),
      children: buffer.tables(field, FIELD.children).map(fieldOf),
      dictionary: dictionary === undefined ? undefined : dictionaryOf(buffer, dictionary),
    };
  };
  const metadata = buffer
    .tables(table, SCHEMA.metadata)
    .map((one) => [buffer.text(one, KEY_VALUE.key), buffer.text(one, KEY_VALUE.value)] as const);
  return { fields: buffer.tables(table, SCHEMA.fields).map(fieldOf), metadata: new Map(metadata) };
};

type Numbers = Pick<ArrowField, 'bits' | 'isSigned' | 'size' | 'isDense'>;

const NO_NUMBERS: Numbers = { bits: 0, isSigned: false, size: 0, isDense: false };

const numbersOf = (buffer: Flatbuffer, type: number, kind: ArrowKind): Numbers => {
  if (kind === 'int')
    return { ...NO_NUMBERS, bits: buffer.int(type, INT.bits), isSigned: buffer.byte(type, INT.isSigned) !== 0 };
  if (kind === 'float') return { ...NO_NUMBERS, bits: 16 * 2 ** buffer.short(type, FIRST) };
  if (kind === 'fixed-size list') return { ...NO_NUMBERS, size: buffer.int(type, FIRST) };
  if (kind === 'union') return { ...NO_NUMBERS, isDense: buffer.short(type, FIRST) === 1 };
  return NO_NUMBERS;
};

const dictionaryOf = (buffer: Flatbuffer, table: number): NonNullable<ArrowField['dictionary']> => {
  const type = buffer.table(table, DICTIONARY.type);
  const id = buffer.long(table, DICTIONARY.id);
  if (type === undefined) return { id, bits: 32, isSigned: true };
  return { id, bits: buffer.int(type, INT.bits), isSigned: buffer.byte(type, INT.isSigned) !== 0 };
};

/** All fields of a schema that have a dictionary, by its id; nested ones too. */
export const dictionaryFields = (fields: readonly ArrowField[]): Map<number, ArrowField> => {
  const found = new Map<number, ArrowField>();
  const waiting = [...fields];
  for (let field = waiting.pop(); field; field = waiting.pop()) {
    if (field.dictionary) found.set(field.dictionary.id, field);
    waiting.push(...field.children);
  }
  return found;
};

const TEXTS: readonly ArrowKind[] = ['utf8', 'large utf8', 'utf8 view'];
export const LISTS: readonly ArrowKind[] = [
  'list',
  'large list',
  'list view',
  'large list view',
  'fixed-size list',
  'map',
];

/** Whether values of a field are texts, or lists of them. */
export const isOfTexts = ({ kind, children }: ArrowField): boolean =>
  TEXTS.includes(kind) || (LISTS.includes(kind) && children.every(isOfTexts));

/** Whether values of a field are read with their row: texts, numbers, booleans, and lists and structs of them. */
export const isPlain = ({ kind, bits, children }: ArrowField): boolean =>
  ['null', 'bool', ...TEXTS].includes(kind) ||
  kind === 'int' ||
  (kind === 'float' && bits > 16) ||
  ([...LISTS, 'struct'].includes(kind) && children.every(isPlain));
