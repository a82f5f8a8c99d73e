import { UserError } from '../../../errors.ts';

/** Meaning of the two things that a pickle leaves to its reader: calls, and persistent ids. */
export interface PickleRules {
  /** Result of a call of something of Python's; undefined makes it a placeholder. */
  readonly call: (python: string, args: readonly unknown[]) => unknown;
  /** Value of a persistent id, by which PyTorch names storages outside the pickle. */
  readonly resolve: (id: unknown) => unknown;
}

/**
 * Most values that a pickle may make. One byte of it can be an empty dictionary, of two hundred bytes in memory; a
 * state_dict of a thousand tensors makes some hundred and fifty thousand values.
 */
const MOST_VALUES = 2 ** 21;

/** State of a pickle that is being read: a stack with marks, a memo, and the bytes that remain. */
export interface Machine {
  readonly rules: PickleRules;
  readonly memo: Map<number, unknown>;
  readonly push: (value: unknown) => void;
  /** Counts values towards the limit that do not lie on the stack, or take the memory of several. */
  readonly spend: (values: number) => void;
  readonly pop: () => unknown;
  readonly top: () => unknown;
  readonly mark: () => void;
  /** Pops everything since the last mark, and the mark. */
  readonly sinceMark: () => unknown[];
  /** Reads the next bytes. */
  readonly take: (bytes: number) => Uint8Array;
  /** Reads the next bytes as an unsigned little-endian number. */
  readonly number: (bytes: number) => number;
  /** Reads the next byte. */
  readonly byte: () => number;
  /** Number of bytes that have been read. */
  readonly taken: () => number;
  /** Reads up to the next line break. */
  readonly line: () => string;
  /** Error of a pickle that cannot be read. @param advice what to do; by default, to copy the damaged file again. */
  readonly broken: (problem: string, advice?: string) => UserError;
  /** Error of a pickle that names something unsafe. */
  readonly refuse: (python: string) => UserError;
}

/** Machine at the first byte of a pickle. @param path names the file in errors. */
export const createMachine = (bytes: Uint8Array, rules: PickleRules, path: string): Machine => {
  const broken: Broken = (problem, advice = 'the file is damaged or no checkpoint, copy it again') =>
    new UserError(`${path}: ${problem}: ${advice}`);
  const refuse = (python: string): UserError =>
    new UserError(
      `${path}: it names ${python}, by which Python runs programs or reaches files as it loads it, and which no weights need. Nothing was run here: do not load it in Python.`,
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

/** Text of UTF-8 bytes. */
export const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Longest integer that is decoded: a longer one, of no use to weights, would take time in the square of its bytes. */
const LONGEST_INTEGER = 1024;

/** Signed little-endian integer; a bigint where it is no safe integer, and NaN beyond 1024 bytes. */
export const decodeInteger = (bytes: Uint8Array): number | bigint => {
  if (bytes.length > LONGEST_INTEGER) return Number.NaN;
  const unsigned = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const signed = BigInt.asIntN(8 * bytes.length, unsigned);
  return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
};

/** Float64 of eight big-endian bytes. */
export const decodeFloat = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
