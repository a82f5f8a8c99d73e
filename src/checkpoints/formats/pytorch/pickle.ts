import { createMachine, type PickleRules } from './pickle-machine.ts';
import { operations } from './pickle-operations.ts';

/**
 * Reads a pickle (protocols 1 to 5) without executing anything: dictionaries become Maps, lists and tuples arrays, sets
 * Sets; numbers, strings and bytes are themselves, and everything else is a placeholder. A stack machine moves values
 * and calls `rules`; its time and memory are in proportion to the bytes, and to the few million values that it may
 * make.
 *
 * @param path names the file in errors.
 * @throws UserError where the bytes are no pickle, make too many values, or name something of Python that no file of
 * weights needs (`os.system`).
 */
export const unpickle = (bytes: Uint8Array, rules: PickleRules, path: string): unknown =>
  unpickleFirst(bytes, rules, path).value;

/** Reads the first of several pickles in a row. → its value, and the position of the byte after it */
export const unpickleFirst = (
  bytes: Uint8Array,
  rules: PickleRules,
  path: string,
): { readonly value: unknown; readonly end: number } => {
  const machine = createMachine(bytes, rules, path);
  while (true) {
    const code = machine.byte();
    if (code === STOP) return { value: machine.pop(), end: machine.taken() };
    const operation = operations.get(code);
    if (!operation) throw machine.broken(`its pickle has the operation ${code}, which is not read`);
    operation(machine);
  }
};

/** Operation that ends a pickle. */
const STOP = 0x2e;
