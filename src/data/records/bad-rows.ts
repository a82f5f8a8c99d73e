import { counted, type UserError } from '../../errors.ts';
import { RowError } from '../../files/json-lines.ts';
import { LabelError } from './labels.ts';

/** Part of a data set that gives no example, and why. */
export interface LeftOut {
  /**
   * A row that is no record; an annotation whose image is not there; or one without its other half: a caption of an
   * image that is not listed, an image without a caption, a question without an answer among the classes, the sample at
   * the cut of a shard, a blank text; or one that repeats a caption of the same image.
   */
  readonly kind: 'bad row' | 'missing image' | 'incomplete' | 'repeated';
  /** A sentence that begins with the place of the row. */
  readonly why: string;
  /** Its label as JSON, where it is left out because that is none of the classes. */
  readonly label?: string | undefined;
}

/** Options for rows that give no example. */
export interface BadRowOptions {
  /** Whether rows that give no example are left out and counted (default), or the first of them is an error. */
  readonly badRows?: 'skip' | 'refuse' | undefined;
  /** Called with each row and annotation that is left out. */
  readonly onLeftOut?: ((one: LeftOut) => void) | undefined;
}

/** Rows of a split that give no example, such as one whose text is null, or a line that is no JSON object. */
export interface BadRows {
  /** Counts a bad row. @throws its error where no row may be left out. */
  readonly add: (failure: UserError) => void;
  /** Values of a row; none where it is bad. @throws the row's error where no row may be left out. */
  readonly attempt: <T>(read: () => readonly T[]) => readonly T[];
  /**
   * A sentence with their number and the first of them, or none.
   *
   * @throws UserError that begins with the first failure, where more than half of the rows are bad: then the data as
   * a whole are wrong, or are read for the wrong task.
   */
  readonly notices: (where: string) => string[];
}

/** Number of bad rows that a notice names. */
const NAMED = 3;

/** Creates a count of the bad rows of one split. */
export const createBadRows = ({ badRows = 'skip', onLeftOut }: BadRowOptions): BadRows => {
  const first: UserError[] = [];
  const labels = new Map<string, number>();
  let [rows, bad] = [0, 0];
  const add = (failure: UserError): void => {
    if (badRows === 'refuse') throw failure;
    bad += 1;
    const label = failure instanceof LabelError ? failure.label : undefined;
    if (label !== undefined) labels.set(label, (labels.get(label) ?? 0) + 1);
    onLeftOut?.({ kind: 'bad row', why: failure.message, ...(label === undefined ? {} : { label }) });
    if (first.length < NAMED) first.push(failure);
  };
  return {
    add: (failure) => {
      rows += 1;
      add(failure);
    },
    attempt: (read) => {
      rows += 1;
      try {
        return read();
      } catch (failure) {
        if (!(failure instanceof RowError)) throw failure;
        add(failure);
        return [];
      }
    },
    notices: (where) => {
      if (bad === 0) return [];
      if (2 * bad > rows) throw mostAreBad(first[0]!, { bad, rows, labels });
      const fate = bad === 1 ? 'gives no example and is left out' : 'give no example and are left out';
      const named = first.map(({ message }) => message).join(' ');
      return [`${where}: ${bad} of ${rows} rows ${fate}: ${named}${bad > NAMED ? ' …' : ''}`];
    },
  };
};

interface Counts {
  readonly bad: number;
  readonly rows: number;
  readonly labels: ReadonlyMap<string, number>;
}

const mostAreBad = (first: UserError, { bad, rows, labels }: Counts): UserError => {
  if (rows === 1) return first;
  const other = labels.size > 1 ? ` Labels that are none of the classes: ${labelsText(labels)}.` : '';
  return new RowError(`${first.message} So it is with ${bad} of ${rows} rows.${other}`, { cause: first });
};

/** Most labels that an error names. */
const LABELS = 8;

/** Labels with their numbers of rows, the commonest first. */
export const labelsText = (labels: ReadonlyMap<string, number>): string => {
  const all = [...labels].sort(([, a], [, b]) => b - a);
  const named = all.slice(0, LABELS).map(([label, rows]) => `${label} (${counted(rows, 'row')})`);
  return named.join(', ') + (all.length > LABELS ? `, … (${all.length} labels)` : '');
};
