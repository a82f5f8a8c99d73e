import {
  createMachine,
  decodeFloat,
  decodeInteger,
  decodeText,
  type Machine,
  type PickleRules,
} from './pickle-machine.ts';
import { isUnsafeName } from './unsafe-names.ts';

/**
 * Where a pickle names something of Python: the class or function, what it was called with if it was, and its state.
 * It does nothing; nothing of Python is ever looked up or run.
 */
export interface Placeholder {
  /** `module.name` */
  readonly python: string;
  /** Absent where the name was only mentioned. */
  readonly args?: readonly unknown[] | undefined;
  state?: unknown;
}

export const isPlaceholder = (value: unknown): value is Placeholder =>
  typeof value === 'object' && value !== null && 'python' in value && !(value instanceof Map);

/**
 * The value of a pickle (protocols 2 to 5): dictionaries as Maps, lists and tuples as arrays, sets as Sets, numbers,
 * strings, bytes, and placeholders for everything else. It is a stack machine that moves values and calls `rules`, so
 * it executes nothing; time and memory are in proportion to the bytes, and to the few million values that it may make.
 *
 * @throws UserError where the bytes are no pickle, make too many values, or name what no file of weights needs (`os.system`).
 */
export const unpickle = (bytes: Uint8Array, rules: PickleRules, where: string): unknown =>
  unpickleFirst(bytes, rules, where).value;

/** The value of the first of several pickles that stand one after the other, and the byte after it. */
export const unpickleFirst = (
  bytes: Uint8Array,
  rules: PickleRules,
  where: string,
): { readonly value: unknown; readonly end: number } => {
  const machine = createMachine(bytes, rules, where);
  while (true) {
    const code = machine.byte();
    if (code === STOP) return { value: machine.pop(), end: machine.taken() };
    const operation = operations.get(code);
    if (!operation) throw machine.broken(`its pickle has the operation ${code}, which is not read`);
    operation(machine);
  }
};

const STOP = 0x2e;

type Operation = (machine: Machine) => void;

/** An operation that reads nothing but the bytes after it: what they are, and how many there are or say so. */
const literal =
  (make: (bytes: Uint8Array) => unknown, bytes: number): Operation =>
  ({ push, take }) =>
    push(make(take(bytes)));
const counted =
  (make: (bytes: Uint8Array) => unknown, bytes: number): Operation =>
  ({ push, take, number }) =>
    push(make(take(number(bytes))));
const value =
  (make: () => unknown): Operation =>
  ({ push }) =>
    push(make());

/** An empty dictionary, a set or a call takes as much memory as so many other values, and something memorised as so many. */
const [HEAVY, MEMORY] = [16, 4];

const heavy =
  (make: (items: readonly unknown[]) => unknown, itemsOf: (machine: Machine) => unknown[]): Operation =>
  (machine) => {
    machine.spend(HEAVY);
    machine.push(make(itemsOf(machine)));
  };
const noItems = (): unknown[] => [];
const marked = ({ sinceMark }: Machine): unknown[] => sinceMark();
const tuple =
  (size: number): Operation =>
  ({ push, pop }) => {
    const items = new Array<unknown>(size);
    for (let i = size - 1; i >= 0; i -= 1) items[i] = pop();
    push(items);
  };

const recall =
  (bytes: number): Operation =>
  ({ push, number, memo, broken }) => {
    const key = number(bytes);
    if (!memo.has(key)) throw broken(`its pickle recalls ${key}, which it never kept`);
    push(memo.get(key));
  };
const keep =
  (bytes: number): Operation =>
  ({ top, number, memo, spend }) => {
    spend(MEMORY);
    memo.set(number(bytes), top());
  };

/** Longest name of Python's that is read. Letters. */
const LONGEST_NAME = 1000;

const name = ({ push, refuse, broken }: Machine, python: string): void => {
  if (python.length > LONGEST_NAME) throw broken(`its pickle names something by ${python.length} letters`);
  if (isUnsafeName(python)) throw refuse(python);
  push({ python } satisfies Placeholder);
};

const called = ({ rules, push, spend, broken }: Machine, callee: unknown, args: unknown): void => {
  if (!isPlaceholder(callee) || !Array.isArray(args)) throw broken('its pickle calls what is no name');
  spend(HEAVY);
  push(rules.call(callee.python, args) ?? ({ python: callee.python, args } satisfies Placeholder));
};

const callOf: Operation = (machine) => {
  const args = machine.pop();
  called(machine, machine.pop(), args);
};

const listAt = (list: unknown, { broken }: Machine): unknown[] => {
  if (Array.isArray(list)) return list;
  // what a placeholder is filled with is as inert as it is
  if (isPlaceholder(list)) return [];
  throw broken('its pickle appends to what is no list');
};

const setItems = ({ top, broken }: Machine, items: readonly unknown[]): void => {
  const map = top();
  if (isPlaceholder(map)) return;
  if (!(map instanceof Map) || items.length % 2 !== 0) throw broken('its pickle sets an item of what is no dictionary');
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
};

/** A dictionary's own attributes (PyTorch hangs `_metadata` on an OrderedDict) are no items of it, and are dropped. */
const build: Operation = ({ pop, top }) => {
  const state = pop();
  const target = top();
  if (isPlaceholder(target)) target.state = state;
};

const pairsOf = (items: readonly unknown[]): [unknown, unknown][] =>
  Array.from({ length: Math.floor(items.length / 2) }, (_, i) => [items[2 * i], items[2 * i + 1]]);

/** The operations of protocols 2 to 5, by their byte, as Python's pickletools describes them. */
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, ({ take }) => void take(1)],
  [0x95, ({ take }) => void take(8)],
  [0x28, ({ mark }) => mark()],
  [0x30, ({ pop }) => void pop()],
  [0x31, ({ sinceMark }) => void sinceMark()],
  [0x32, ({ push, top }) => push(top())],
  [0x4e, value(() => null)],
  [0x88, value(() => true)],
  [0x89, value(() => false)],
  [0x4a, literal(decodeInteger, 4)],
  [0x4b, ({ push, byte }) => push(byte())],
  [0x4d, ({ push, number }) => push(number(2))],
  [0x8a, counted(decodeInteger, 1)],
  [0x47, literal(decodeFloat, 8)],
  [0x54, counted(decodeText, 4)],
  [0x55, counted(decodeText, 1)],
  [0x58, counted(decodeText, 4)],
  [0x8c, counted(decodeText, 1)],
  [0x8d, counted(decodeText, 8)],
  [0x42, counted((bytes) => bytes, 4)],
  [0x43, counted((bytes) => bytes, 1)],
  [0x8e, counted((bytes) => bytes, 8)],
  [0x96, counted((bytes) => bytes, 8)],
  [0x5d, value(() => [])],
  [0x29, value(() => [])],
  [0x7d, heavy(() => new Map(), noItems)],
  [0x8f, heavy(() => new Set(), noItems)],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [0x74, ({ push, sinceMark }) => push(sinceMark())],
  [0x6c, ({ push, sinceMark }) => push(sinceMark())],
  [0x64, heavy((items) => new Map(pairsOf(items)), marked)],
  [0x91, heavy((items) => new Set(items), marked)],
  [
    0x61,
    (machine) => {
      const item = machine.pop();
      listAt(machine.top(), machine).push(item);
    },
  ],
  [
    0x65,
    (machine) => {
      const items = machine.sinceMark();
      const list = listAt(machine.top(), machine);
      for (const item of items) list.push(item);
    },
  ],
  [
    0x90,
    ({ sinceMark, top }) => {
      const items = sinceMark();
      const set = top();
      if (set instanceof Set) for (const item of items) set.add(item);
    },
  ],
  [
    0x73,
    (machine) => {
      const item = machine.pop();
      setItems(machine, [machine.pop(), item]);
    },
  ],
  [0x75, (machine) => setItems(machine, machine.sinceMark())],
  [0x63, (machine) => name(machine, `${machine.line()}.${machine.line()}`)],
  [
    0x93,
    (machine) => {
      const last = machine.pop();
      const module = machine.pop();
      if (typeof last !== 'string' || typeof module !== 'string') throw machine.broken('its pickle names no text');
      name(machine, `${module}.${last}`);
    },
  ],
  [0x52, callOf],
  [0x81, callOf],
  [
    0x92,
    (machine) => {
      machine.pop();
      callOf(machine);
    },
  ],
  [0x62, build],
  [0x51, ({ push, pop, rules }) => push(rules.resolve(pop()))],
  [0x68, recall(1)],
  [0x6a, recall(4)],
  [0x71, keep(1)],
  [0x72, keep(4)],
  [
    0x94,
    ({ top, memo, spend }) => {
      spend(MEMORY);
      memo.set(memo.size, top());
    },
  ],
]);
