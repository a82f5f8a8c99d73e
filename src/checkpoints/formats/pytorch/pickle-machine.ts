import { UserError } from '../../../errors.ts';

/** What a reader makes of the two things that a pickle leaves to it. */
export interface PickleRules {
  /** What the call of a Python name stands for; `undefined` for a placeholder. */
  readonly call: (python: string, args: readonly unknown[]) => unknown;
  /** What a persistent id stands for: PyTorch keeps its storages outside the pickle. */
  readonly resolve: (id: unknown) => unknown;
}

/**
 * How many values a pickle may make. One byte of it can be an empty dictionary of two hundred; a state_dict of a
 * thousand tensors counts some hundred and fifty thousand.
 */
const MOST_VALUES = 2 ** 21;

/** What the operations of a pickle work on: a stack with marks in it, a memo, and the bytes still to be read. */
export interface Machine {
  readonly rules: PickleRules;
  readonly memo: Map<number, unknown>;
  readonly push: (value: unknown) => void;
  /** Counts values that are kept beside the stack, or weigh as much as so many. */
  readonly spend: (values: number) => void;
  readonly pop: () => unknown;
  readonly top: () => unknown;
  readonly mark: () => void;
  /** What was pushed since the last mark. */
  readonly sinceMark: () => unknown[];
  /** The next bytes, and the next bytes as an unsigned little-endian number. */
  readonly take: (bytes: number) => Uint8Array;
  readonly number: (bytes: number) => number;
  /** The next byte. */
  readonly byte: () => number;
  /** How many bytes were taken. */
  readonly taken: () => number;
  /** Up to the next line break. */
  readonly line: () => string;
  readonly broken: (what: string) => UserError;
  readonly refuse: (python: string) => UserError;
}

/** @param where what errors call the pickle. */
export const createMachine = (bytes: Uint8Array, rules: PickleRules, where: string): Machine => {
  const broken = (what: string): UserError =>
    new UserError(`${where}: ${what}: the file is damaged or no checkpoint, copy it again`);
  const refuse = (python: string): UserError =>
    new UserError(
      `${where}: it names ${python}, which no file of weights needs: it may be meant to harm who loads it in Python. Nothing was run; do not use it.`,
    );
  const spend = budgetOf(broken);
  return { rules, memo: new Map(), broken, refuse, spend, ...stackOf(broken, spend), ...readerOf(bytes, broken) };
};

const budgetOf = (broken: Broken): Machine['spend'] => {
  let left = MOST_VALUES;
  return (values) => {
    left -= values;
    if (left < 0) throw broken(`its pickle makes more than ${MOST_VALUES} values, more than any state_dict`);
  };
};

type Broken = Machine['broken'];

const stackOf = (
  broken: Broken,
  spend: Machine['spend'],
): Pick<Machine, 'push' | 'pop' | 'top' | 'mark' | 'sinceMark'> => {
  const stack: unknown[] = [];
  const marks: number[] = [];
  const checkFilled = (): void => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw broken('its pickle takes from an empty stack');
  };
  return {
    push: (value) => {
      spend(1);
      stack.push(value);
    },
    pop: () => {
      checkFilled();
      return stack.pop();
    },
    top: () => {
      checkFilled();
      return stack.at(-1);
    },
    mark: () => {
      spend(1);
      marks.push(stack.length);
    },
    sinceMark: () => {
      const from = marks.pop();
      if (from === undefined) throw broken('its pickle has no mark where it needs one');
      return stack.splice(from);
    },
  };
};

const readerOf = (bytes: Uint8Array, broken: Broken): Pick<Machine, 'take' | 'taken' | 'number' | 'byte' | 'line'> => {
  let at = 0;
  const advance = (count: number): void => {
    if (!(count <= bytes.length - at)) throw broken(`its pickle ends at byte ${bytes.length}, in the middle`);
    at += count;
  };
  const take = (count: number): Uint8Array => {
    advance(count);
    return bytes.subarray(at - count, at);
  };
  return {
    take,
    taken: () => at,
    byte: () => {
      advance(1);
      return bytes[at - 1]!;
    },
    number: (count) => take(count).reduceRight((sum, byte) => sum * 256 + byte, 0),
    line: () => {
      const end = bytes.indexOf(0x0a, at);
      return decodeText(take(end < 0 ? Number.POSITIVE_INFINITY : end + 1 - at).subarray(0, -1));
    },
  };
};

export const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A signed little-endian number of any length; a bigint only where it must be one. */
export const decodeInteger = (bytes: Uint8Array): number | bigint => {
  const unsigned = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const signed = BigInt.asIntN(8 * bytes.length, unsigned);
  return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
};

export const decodeFloat = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
