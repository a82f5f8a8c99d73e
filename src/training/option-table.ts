/**
 * One option of a training: everything that its type, its flag on the command line, its help, its default and the
 * identity of a run follow from.
 */
export interface Option {
  /** Its flag, with a placeholder for a value: `--weight-decay <factor>`. */
  readonly flag: string;
  /** Description for `--help`, without the default. */
  readonly meaning: string;
  /**
   * `count`: whole number from 1; `index`: from 0; `share`: 0 to 1; `amount`: number from 0; `choice`: one of the
   * `choices`; `path`: a folder; `pattern`: names, or a regular expression of them; `switch`: a flag without a value.
   */
  readonly kind: 'count' | 'index' | 'share' | 'amount' | 'choice' | 'path' | 'pattern' | 'switch';
  readonly choices?: readonly string[] | undefined;
  /** Value where none is given. */
  readonly default?: number | string | undefined;
  /** Default in words, where it is no value: `a tenth of all`. */
  readonly otherwise?: string | undefined;
  /** Flag that cannot be given beside this one, by its name. */
  readonly conflicts?: string | undefined;
  /** Part of `--help` that lists it. */
  readonly group?: string | undefined;
  /**
   * Whether a run remembers the value, and can only be resumed with the same one: `always`, `changed` where it is not
   * the default (an option that came later: older runs lack it), or `never`, the default, where it decides no bit.
   */
  readonly identity?: 'always' | 'changed' | 'never' | undefined;
  /** Name of a value that is not the default in the identity of what is learnt, with `#` for the value. */
  readonly phrase?: string | undefined;
}

/** Options by the names that they have in code. */
export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : O extends { readonly kind: 'switch' }
    ? boolean
    : O extends { readonly kind: 'path' | 'pattern' }
      ? string
      : number;

/** Values of the options of a table, as a caller gives them. Each is explained by its entry. */
export type Values<T extends OptionTable> = { readonly [Name in keyof T]?: ValueOf<T[Name]> | undefined };

/** Values with the defaults filled in. */
export type Settings<T extends OptionTable> = {
  readonly [Name in keyof T]: T[Name] extends { readonly default: number | string }
    ? ValueOf<T[Name]>
    : ValueOf<T[Name]> | undefined;
};

/** Settings of a table: each value that is given, or its default. */
export const settingsOf = <T extends OptionTable>(table: T, values: Values<T>): Settings<T> =>
  Object.fromEntries(
    Object.entries(table).map(([name, option]) => [name, values[name] ?? option.default]),
  ) as Settings<T>;

/** Values that decide which bits a run comes to, by name: a run is resumed with the same ones only. */
export type Identity = Readonly<Record<string, string | number>>;

/** Identity by the options of a table, in its order; `none` stands for no value. */
export const identityOf = <T extends OptionTable>(table: T, values: Values<T>): Identity =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, { identity = 'never', default: usual = 'none' }]) => {
      const value = (values[name] ?? usual) as string | number;
      return identity === 'always' || (identity === 'changed' && value !== usual) ? [[name, value]] : [];
    }),
  );

/** Values that are not the defaults, in words: `uni-modal, all layers`. */
export const phrasesOf = <T extends OptionTable>(table: T, values: Values<T>): string =>
  Object.entries(table)
    .flatMap(([name, { phrase, default: usual }]) => {
      const value = values[name] ?? usual;
      return phrase === undefined || value === usual ? [] : [phrase.replace('#', String(value))];
    })
    .join(', ');
