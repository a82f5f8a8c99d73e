import { decodeFloat, decodeInteger, decodeText, type Machine } from './pickle-machine.ts';
import { isPlaceholder, type Placeholder } from './placeholder.ts';
import { isUnsafeName } from './unsafe-names.ts';

/** One step of a pickle. */
type Operation = (machine: Machine) => void;

/** Pushes a value of so many bytes after the operation. */
const literal =
  (make: (bytes: Uint8Array) => unknown, bytes: number): Operation =>
  ({ push, take }) =>
    push(make(take(bytes)));
/** Pushes a value whose number of bytes stands before it, itself in so many bytes. */
const counted =
  (make: (bytes: Uint8Array) => unknown, bytes: number): Operation =>
  ({ push, take, number }) =>
    push(make(take(number(bytes))));
/** Pushes a new value. */
const value =
  (make: () => unknown): Operation =>
  ({ push }) =>
    push(make());

/** Memory of an empty dictionary, a set or a call, and of an entry of the memo, in other values. */
const [HEAVY, MEMORY] = [16, 4];

/** Pushes a value that takes much memory, made of items of the stack. */
const heavy =
  (make: (items: readonly unknown[]) => unknown, itemsOf: (machine: Machine) => unknown[]): Operation =>
  (machine) => {
    machine.spend(HEAVY);
    machine.push(make(itemsOf(machine)));
  };
const noItems = (): unknown[] => [];
const marked = ({ sinceMark }: Machine): unknown[] => sinceMark();
/** Pushes a tuple of the last values. */
const tuple =
  (size: number): Operation =>
  ({ push, pop }) => {
    const items = new Array<unknown>(size);
    for (let i = size - 1; i >= 0; i -= 1) items[i] = pop();
    push(items);
  };

/** Pushes a value of the memo. */
const recall =
  (bytes: number): Operation =>
  ({ push, number, memo, broken }) => {
    const key = number(bytes);
    if (!memo.has(key)) throw broken(`its pickle recalls ${key}, which it never kept`);
    push(memo.get(key));
  };
/** Keeps the last value in the memo. */
const keep =
  (bytes: number): Operation =>
  ({ top, number, memo, spend }) => {
    spend(MEMORY);
    memo.set(number(bytes), top());
  };

/** Longest name of something of Python's. Letters. */
const LONGEST_NAME = 1000;

/** Pushes the placeholder of a name. @throws UserError where the name is unsafe. */
const pushName = ({ push, refuse, broken }: Machine, python: string): void => {
  if (python.length > LONGEST_NAME) throw broken(`its pickle names something by ${python.length} letters`);
  if (isUnsafeName(python)) throw refuse(python);
  push({ python } satisfies Placeholder);
};

/** By which Python 2 and 3 name a class within a class, and a method: `getattr(Trainer, 'Mode')`. */
const attributeGetters: ReadonlySet<string> = new Set(['builtins.getattr', '__builtin__.getattr']);

/** @throws UserError where an attribute is one that no weights need: `getattr(torch.os, 'system')`. */
const refuseAttribute = ([of, name]: readonly unknown[], refuse: Machine['refuse']): void => {
  const attribute = `${isPlaceholder(of) ? of.python : 'an object'}.${String(name)}`;
  if (reachesOut.test(String(name)) || isUnsafeName(attribute)) throw refuse(attribute);
};

/** Attributes by which any object of Python leads to its interpreter. */
const reachesOut = /^__(?:globals|builtins|subclasses|bases|mro|code|import|loader|getattribute)__$/;

/** Pushes the result of a call. */
const pushCall = ({ rules, push, spend, broken, refuse }: Machine, callee: unknown, args: unknown): void => {
  if (!isPlaceholder(callee) || !Array.isArray(args)) throw broken('its pickle calls what is no name');
  if (attributeGetters.has(callee.python)) refuseAttribute(args, refuse);
  spend(HEAVY);
  push(rules.call(callee.python, args) ?? ({ python: callee.python, args } satisfies Placeholder));
};

const callOf: Operation = (machine) => {
  const args = machine.pop();
  pushCall(machine, machine.pop(), args);
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

/**
 * Restores the state of a placeholder. Attributes of a dictionary (PyTorch's `_metadata` of an OrderedDict) are
 * dropped.
 */
const build: Operation = ({ pop, top }) => {
  const state = pop();
  const target = top();
  if (isPlaceholder(target)) target.state = state;
};

const pairsOf = (items: readonly unknown[]): [unknown, unknown][] =>
  Array.from({ length: Math.floor(items.length / 2) }, (_, i) => [items[2 * i], items[2 * i + 1]]);

/** Integer that protocol 1 writes as a line of digits, of which `00` and `01` are the booleans. */
const integerLine: Operation = ({ line, push, broken }) => {
  const text = line();
  if (!/^-?\d{1,1024}L?$/.test(text)) throw broken('its pickle has a line that is no integer');
  const integer = BigInt(text.replace('L', ''));
  push(
    text === '00' ? false : text === '01' ? true : Number.isSafeInteger(Number(integer)) ? Number(integer) : integer,
  );
};

/** Operations of protocol 0, in which PyTorch writes the places of storages as texts that it cannot read itself. */
const onlyInProtocol0: Operation = ({ broken }) => {
  throw broken(
    'its pickle has operations of protocol 0',
    'save it again with torch.save, which takes protocol 2 by itself',
  );
};

/** Operations of protocols 1 to 5 by their byte, as Python's pickletools describes them. */
export const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  ...[...'FPSVgip'].map((letter) => [letter.charCodeAt(0), onlyInProtocol0] as const),
  [0x49, integerLine],
  [0x4c, integerLine],
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
  [0x8b, counted(decodeInteger, 4)],
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
  [0x63, (machine) => pushName(machine, `${machine.line()}.${machine.line()}`)],
  [
    0x93,
    (machine) => {
      const last = machine.pop();
      const module = machine.pop();
      if (typeof last !== 'string' || typeof module !== 'string') throw machine.broken('its pickle names no text');
      pushName(machine, `${module}.${last}`);
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
