/**
 * A size: a number, a name, or a sum of products of names, `batch*words` or `patches+words+1`. Sizes that are equal for
 * every value of the names are the same string, so === compares them.
 */
export type Size = number | string;
/** The sizes of a tensor's axes; a scalar's shape is []. */
export type Shape = readonly Size[];

/** A polynomial in the names: product of names -> coefficient. '' is the constant term. */
type Polynomial = Map<string, number>;

const parse = (size: Size): Polynomial => {
  if (typeof size === 'number') return new Map(size === 0 ? [] : [['', size]]);
  const sum: Polynomial = new Map();
  for (const term of size.split('+')) {
    const factors = term.split('*');
    const names = factors.filter((factor) => Number.isNaN(Number(factor)));
    const coefficient = factors.reduce((product, factor) => product * (Number(factor) || 1), 1);
    sum.set(names.join('*'), (sum.get(names.join('*')) ?? 0) + coefficient);
  }
  return sum;
};

const written = (polynomial: Polynomial): Size => {
  const terms = [...polynomial].filter(([, coefficient]) => coefficient !== 0);
  if (terms.every(([names]) => names === '')) return terms[0]?.[1] ?? 0;
  return terms
    .sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
    .map(([names, coefficient]) =>
      names === '' ? `${coefficient}` : coefficient === 1 ? names : `${coefficient}*${names}`,
    )
    .join('+');
};

const combined = (a: Size, b: Size, sign: 1 | -1): Size => {
  const sum = parse(a);
  for (const [names, coefficient] of parse(b)) sum.set(names, (sum.get(names) ?? 0) + sign * coefficient);
  return written(sum);
};

/** Sum of two sizes. */
export const plus = (a: Size, b: Size): Size => combined(a, b, 1);
/** Difference of two sizes: 0 where they are equal. */
export const minus = (a: Size, b: Size): Size => combined(a, b, -1);

/** Product of two sizes. */
export const times = (a: Size, b: Size): Size => {
  const product: Polynomial = new Map();
  for (const [left, x] of parse(a)) {
    for (const [right, y] of parse(b)) {
      const names = [left, right].flatMap((factors) => (factors === '' ? [] : factors.split('*')));
      const key = names.sort().join('*');
      product.set(key, (product.get(key) ?? 0) + x * y);
    }
  }
  return written(product);
};

/** Number of elements of a tensor of this shape. */
export const volume = (shape: Shape): Size => shape.reduce(times, 1);

/** Terms of a size, each a coefficient times the product of its names. */
export const termsOf = (size: Size): { coefficient: number; names: string[] }[] =>
  [...parse(size)].map(([names, coefficient]) => ({ coefficient, names: names === '' ? [] : names.split('*') }));

/** Value of a size, given the values of its names. @throws Error where a name has none. */
export const evaluate = (size: Size, values: ReadonlyMap<string, number>): number => {
  const sizeOf = (name: string): number => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`size ${name} has no value: no input of the graph carries it`);
    return value;
  };
  return termsOf(size).reduce(
    (sum, { coefficient, names }) => sum + names.reduce((product, name) => product * sizeOf(name), coefficient),
    0,
  );
};

/** A shape as errors write it: `[batch, words, 768]`. */
export const show = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Whether two shapes are equal for every value of the names. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/**
 * Broadcast shape by NumPy's rule over named sizes: aligned at the last axis, equal or 1.
 *
 * @throws Error naming both.
 */
export const broadcast = (where: string, a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new Error(`${where}: ${show(a)} and ${show(b)} do not broadcast: ${left} is not ${right}`);
  });
};

/** Shape of a batched matrix product. @throws Error where the inner sizes differ. */
export const productShape = (where: string, a: Shape, b: Shape): Shape => {
  const [rows, inner] = a.slice(-2);
  const [other, columns] = b.slice(-2);
  if (rows === undefined || inner === undefined || other === undefined || columns === undefined) {
    throw new Error(`${where}: ${show(a)} · ${show(b)}: both need two axes or more`);
  }
  if (inner !== other) {
    throw new Error(`${where}: inner sizes differ: ${show(a)} · ${show(b)}: ${inner} is not ${other}`);
  }
  return [...broadcast(where, a.slice(0, -2), b.slice(0, -2)), rows, columns];
};

/** The axis counted from the front; -1 is the last. @throws Error where the shape has no such axis. */
export const axisOf = (shape: Shape, axis: number): number => {
  const positive = axis < 0 ? axis + shape.length : axis;
  if (positive < 0 || positive >= shape.length) throw new Error(`axis ${axis} is outside ${show(shape)}`);
  return positive;
};
