/**
 * The primitive operations: one ONNX operator each, beside its derivative. `g` is the gradient of the result. One file,
 * since operators are mutually recursive through their derivatives.
 */
import {
  axisOf,
  broadcast,
  minus,
  plus,
  productShape,
  type Shape,
  type Size,
  sameShape,
  show,
  volume,
} from './shapes.ts';
import { constant, type Derivative, isOperation, type Kind, operation, type Tensor } from './tensor.ts';

/** A tensor, or a number: a constant that broadcasts to any shape. */
export type Operand = Tensor | number;

const nothing: Derivative = () => [];
const asTensor = (operand: Operand): Tensor => (typeof operand === 'number' ? constant(operand) : operand);

// --------------------------------------------------------------------------- element by element

const pairwise =
  (operator: string, where: string, derivative: (g: Tensor, a: Tensor, b: Tensor) => [Tensor, Tensor]) =>
  (left: Operand, right: Operand): Tensor => {
    const [a, b] = [asTensor(left), asTensor(right)];
    return operation(operator, [a, b], broadcast(where, a.shape, b.shape), (g) => {
      const [ga, gb] = derivative(g, a, b);
      return [reducedTo(ga, a.shape), reducedTo(gb, b.shape)];
    });
  };

/** Element-wise sum, with broadcasting. */
export const add = pairwise('Add', 'add', (g) => [g, g]);
/** Element-wise difference, with broadcasting. */
export const subtract = pairwise('Sub', 'subtract', (g) => [g, negate(g)]);
/** Element-wise product, with broadcasting. */
export const multiply = pairwise('Mul', 'multiply', (g, a, b) => [multiply(g, b), multiply(g, a)]);
/** Element-wise quotient, with broadcasting. */
export const divide = pairwise('Div', 'divide', (g, a, b) => {
  const ga = divide(g, b);
  return [ga, negate(multiply(ga, divide(a, b)))];
});

const elementwise =
  (operator: string, derivative: (g: Tensor, x: Tensor, y: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    operation(operator, [x], x.shape, (g, y) => [derivative(g, x, y)]);

/** Element-wise negation. */
export const negate = elementwise('Neg', (g) => negate(g));
/** Exponential, element-wise. */
export const exp = elementwise('Exp', (g, _, y) => multiply(g, y));
/** Natural logarithm, element-wise. */
export const log = elementwise('Log', (g, x) => divide(g, x));
/** Square root, element-wise. */
export const sqrt = elementwise('Sqrt', (g, _, y) => divide(multiply(g, 0.5), y));
/** Hyperbolic tangent, element-wise. */
export const tanh = elementwise('Tanh', (g, _, y) => multiply(g, subtract(1, multiply(y, y))));
/** 1 / (1 + exp(-x)), element-wise. */
export const sigmoid = elementwise('Sigmoid', (g, _, y) => multiply(g, multiply(y, subtract(1, y))));
/** log(1 + exp(x)), element-wise. */
export const softplus = elementwise('Softplus', (g, x) => multiply(g, sigmoid(x)));
/** max(x, 0), element-wise. */
export const relu = elementwise('Relu', (g, x) => multiply(g, isPositive(x)));
/** Error function, element-wise. */
export const erf = elementwise('Erf', (g, x) =>
  multiply(g, multiply(2 / Math.sqrt(Math.PI), exp(negate(multiply(x, x))))),
);

/** The exact Gaussian error linear unit, x·Φ(x): not the tanh approximation (Hendrycks & Gimpel 2016). */
export const gelu = elementwise('Gelu', (g, x) => multiply(g, geluSlope(x)));

/**
 * Derivative of gelu, Φ(x) + x φ(x), in few passes: with t = x/√2 it is 1/2 + erf(t)/2 + t exp(-t² - log √π). It reads
 * x alone, so that one wide activation a block is kept for the backward pass, and not three.
 */
const geluSlope = (x: Tensor): Tensor => {
  const t = multiply(x, Math.SQRT1_2);
  const density = exp(subtract(-Math.log(Math.PI) / 2, multiply(t, t)));
  return add(add(multiply(erf(t), 0.5), 0.5), multiply(t, density));
};

/** The identity, through which no gradient flows. */
export const stopGradient = (x: Tensor): Tensor => operation('Identity', [x], x.shape, nothing, { kind: x.kind });

/** 1 where x > 0, otherwise 0, element-wise; no gradient flows through it. */
export const isPositive = (x: Tensor): Tensor =>
  cast(operation('Greater', [x, constant(0)], x.shape, nothing, { kind: 'bool' }), 'float');

/** Numbers converted to another kind; no gradient flows through it. */
export const cast = (x: Tensor, kind: Kind): Tensor =>
  operation('Cast', [x], x.shape, nothing, { attributes: { to: kind }, kind });

// --------------------------------------------------------------------------- matrix products

/** Matrix product [..., n, k] · [..., k, m] -> [..., n, m]; leading axes broadcast. */
export const matmul = (a: Tensor, b: Tensor): Tensor =>
  operation('MatMul', [a, b], productShape('matmul', a.shape, b.shape), (g) => [
    reducedTo(matmul(g, transposeLast(b)), a.shape),
    reducedTo(matmul(transposeLast(a), g), b.shape),
  ]);

/** Orientation in which `gemm` reads an operand. */
export type Side = 'as-is' | 'transposed';

const turn: Record<Side, Side> = { 'as-is': 'transposed', transposed: 'as-is' };

/**
 * A·B + c over two axes, each of A and B optionally transposed: linear layers and their gradients consist of it.
 * c broadcasts.
 */
export const gemm = (
  a: Tensor,
  b: Tensor,
  [left, right]: readonly [Side, Side] = ['as-is', 'as-is'],
  c?: Tensor,
): Tensor => {
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new Error(`gemm: ${show(a.shape)} · ${show(b.shape)}: both need two axes`);
  }
  const seen = (x: Tensor, side: Side): Shape => (side === 'transposed' ? [...x.shape].reverse() : x.shape);
  const shape = productShape('gemm', seen(a, left), seen(b, right));
  return operation(
    'Gemm',
    c ? [a, b, c] : [a, b],
    c ? broadcast('gemm', shape, c.shape) : shape,
    (g) => [
      left === 'as-is' ? gemm(g, b, ['as-is', turn[right]]) : gemm(b, g, [right, 'transposed']),
      right === 'as-is' ? gemm(a, g, [turn[left], 'as-is']) : gemm(g, a, ['transposed', left]),
      c && reducedTo(g, c.shape),
    ],
    { attributes: { transA: Number(left === 'transposed'), transB: Number(right === 'transposed') } },
  );
};

// --------------------------------------------------------------------------- shapes

/** Permutes the axes: `order[i]` is the axis of x that becomes axis i. @throws Error unless each is there once. */
export const transpose = (x: Tensor, order: readonly number[]): Tensor => {
  const perm = order.map((axis) => axisOf(x.shape, axis));
  const back = x.shape.map((_, axis) => perm.indexOf(axis));
  if (perm.length !== back.length || back.includes(-1)) {
    throw new Error(`transpose: ${show(x.shape)} to [${order}]: every axis must stand in it once`);
  }
  const shape = perm.map((axis) => x.shape[axis]!);
  return operation('Transpose', [x], shape, (g) => [transpose(g, back)], { attributes: { perm }, kind: x.kind });
};

/** Exchanges the last two axes. */
export const transposeLast = (x: Tensor): Tensor => {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
};

/** The elements of x in another shape. @throws Error unless both shapes have as many, whatever the names stand for. */
export const reshape = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x;
  if (volume(x.shape) !== volume(shape)) {
    throw new Error(`reshape: ${show(x.shape)} to ${show(shape)}: ${volume(x.shape)} numbers are not ${volume(shape)}`);
  }
  return operation('Reshape', [x], shape, (g) => [reshape(g, x.shape)], {
    sizes: [shape],
    attributes: { allowzero: 1 },
    kind: x.kind,
  });
};

/** Broadcasts x: repeats it along its axes of size 1, and along new leading axes. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape)
    ? x
    : operation('Expand', [x], broadcast('expand', x.shape, shape), (g) => [reducedTo(g, x.shape)], {
        sizes: [shape],
        kind: x.kind,
      });

/** Adjoint of broadcasting: g summed over the axes along which `shape` was repeated. */
const reducedTo = (g: Tensor, shape: Shape): Tensor => {
  const lead = g.shape.length - shape.length;
  const axes = g.shape.flatMap((size, axis) => (axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []));
  return axes.length === 0 ? g : reshape(sum(g, axes), shape);
};

/** Concatenates along one axis. @throws Error where the other sizes differ. */
export const concat = (parts: readonly Tensor[], axis: number): Tensor => {
  const [first] = parts;
  if (first === undefined) throw new Error('concat: nothing to join');
  const along = axisOf(first.shape, axis);
  const total = parts.map((part) => part.shape[along]!).reduce(plus);
  for (const { shape } of parts) {
    const fits =
      shape.length === first.shape.length && shape.every((size, i) => i === along || size === first.shape[i]);
    if (!fits) throw new Error(`concat along axis ${along}: ${parts.map((part) => show(part.shape)).join(' and ')}`);
  }
  return operation('Concat', parts, first.shape.with(along, total), (g) => pieces(g, parts, along), {
    attributes: { axis: along },
    kind: first.kind,
  });
};

const pieces = (g: Tensor, parts: readonly Tensor[], axis: number): Tensor[] => {
  let start: Size = 0;
  return parts.map((part) => {
    const end = plus(start, part.shape[axis]!);
    const piece = slice(g, axis, start, end);
    start = end;
    return piece;
  });
};

/** x[..., start:end, ...] along one axis. @throws Error where the range is certainly outside x. */
export const slice = (x: Tensor, axis: number, start: Size, end: Size): Tensor => {
  const along = axisOf(x.shape, axis);
  const size = x.shape[along]!;
  if (start === 0 && end === size) return x;
  if ([start, minus(end, start), minus(size, end)].some((part) => typeof part === 'number' && part < 0)) {
    throw new Error(`slice: ${start} to ${end} is no part of axis ${along} of ${show(x.shape)}`);
  }
  return operation(
    'Slice',
    [x],
    x.shape.with(along, minus(end, start)),
    (g) => [pad(g, along, start, minus(size, end))],
    { sizes: [[start], [end], [along]], kind: x.kind },
  );
};

/** Pads one axis with zeros. */
export const pad = (x: Tensor, axis: number, before: Size, after: Size): Tensor => {
  const along = axisOf(x.shape, axis);
  const end = plus(before, x.shape[along]!);
  return operation('Pad', [x], x.shape.with(along, plus(end, after)), (g) => [slice(g, along, before, end)], {
    sizes: [[before, after], [along]],
    kind: x.kind,
  });
};

// --------------------------------------------------------------------------- along axes

/** Sum over the given axes (default: all), which are removed. */
export const sum = (x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor => {
  const along = axes.map((axis) => axisOf(x.shape, axis));
  if (along.length === 0) return x;
  const kept = x.shape.map((size, axis) => (along.includes(axis) ? 1 : size));
  const shape = x.shape.filter((_, axis) => !along.includes(axis));
  return operation('ReduceSum', [x], shape, (g) => [expand(reshape(g, kept), x.shape)], {
    sizes: [along],
    attributes: { keepdims: 0 },
  });
};

/** A size as a scalar tensor. */
export const sizeAsNumber = (size: Size): Tensor =>
  typeof size === 'number'
    ? constant(size)
    : reshape(operation('Cast', [], [1], nothing, { sizes: [[size]], attributes: { to: 'float' } }), []);

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor =>
  operation(
    'Softmax',
    [x],
    x.shape,
    (g, y) => {
      const gy = multiply(g, y);
      return [subtract(gy, multiply(y, keptSum(gy)))];
    },
    { attributes: { axis: -1 } },
  );

/** log(softmax(x)) over the last axis, computed without log(0). */
export const logSoftmax = (x: Tensor): Tensor =>
  operation('LogSoftmax', [x], x.shape, (g, y) => [subtract(g, multiply(exp(y), keptSum(g)))], {
    attributes: { axis: -1 },
  });

const keptSum = (x: Tensor): Tensor => reshape(sum(x, [-1]), x.shape.with(-1, 1));
const keptMean = (x: Tensor): Tensor => divide(keptSum(x), sizeAsNumber(x.shape.at(-1)!));

/**
 * (x - mean) / sqrt(variance + epsilon) · scale + shift over the last axis, with the biased variance (Ba et al. 2016).
 */
export const layerNormalization = (x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor =>
  operation(
    'LayerNormalization',
    [x, scale, shift],
    x.shape,
    (g) => {
      const centred = subtract(x, keptMean(x));
      const deviation = sqrt(add(keptMean(multiply(centred, centred)), epsilon));
      const normal = divide(centred, deviation);
      const gn = multiply(g, scale);
      const flat = subtract(gn, multiply(normal, keptMean(multiply(gn, normal))));
      return [
        divide(subtract(flat, keptMean(gn)), deviation),
        reducedTo(multiply(g, normal), scale.shape),
        reducedTo(g, shift.shape),
      ];
    },
    { attributes: { axis: -1, epsilon } },
  );

// --------------------------------------------------------------------------- by index

/** Rows of a table: [rows, ...] at int32 indices [...] -> [..., ...]. */
export const gather = (table: Tensor, indices: Tensor): Tensor =>
  operation(
    'Gather',
    [table, indices],
    [...indices.shape, ...table.shape.slice(1)],
    (g) => [scatterAdd(zeros(table.shape, zeroBeside(indices)), indices, g)],
    { attributes: { axis: 0 }, kind: table.kind },
  );

/**
 * Adds each row of `updates` [..., ...] to the row of `table` [rows, ...] at its index; indices may repeat. It is
 * ScatterElements, which takes an index for every number, since ONNX Runtime's ScatterND adds on several threads at
 * once and loses updates to the same row.
 */
export const scatterAdd = (table: Tensor, indices: Tensor, updates: Tensor): Tensor => {
  const rows = volume(indices.shape);
  const flat: Shape = [rows, ...table.shape.slice(1)];
  const places: Shape = [rows, ...table.shape.slice(1).map(() => 1)];
  return operation(
    'ScatterElements',
    [table, expand(reshape(indices, places), flat), reshape(updates, flat)],
    table.shape,
    (g) => [g, undefined, reshape(gather(g, indices), flat)],
    { attributes: { axis: 0, reduction: 'add' } },
  );
};

const zeros = (shape: Shape, zero: Operand = 0): Tensor => expand(asTensor(zero), shape);
/** 0 that the runtime knows only when it runs: of a constant it would hold a whole table, as long as the session is open. */
const zeroBeside = ({ shape }: Tensor): Tensor => multiply(sizeAsNumber(volume(shape)), 0);

/** `scatterAdd` into a table of zeros, redirected onto another table; undefined for any other tensor. */
export const scatterOnto = (table: Tensor, { made, ...about }: Tensor): Tensor | undefined => {
  if (!isOperation(made) || made.operator !== 'ScatterElements') return undefined;
  const [zeroed, ...from] = made.from;
  return isZeros(zeroed!) ? { ...about, made: { ...made, from: [table, ...from] } } : undefined;
};

const isZeros = ({ made }: Tensor): boolean => {
  if (isOperation(made)) return /^(Expand|Mul)$/.test(made.operator) && made.from.some(isZeros);
  return 'numbers' in made && made.numbers.data.every((x) => x === 0);
};

/** One element of each row: rows [rows, width] at int32 indices [rows] -> [rows]. */
export const takeAlongAxis = (rows: Tensor, indices: Tensor): Tensor => {
  const column: Shape = [rows.shape[0]!, 1];
  const picked = operation(
    'GatherElements',
    [rows, reshape(indices, column)],
    column,
    (g) => [scatterAlongAxis(indices, reshape(g, indices.shape), rows.shape)],
    { attributes: { axis: 1 } },
  );
  return reshape(picked, indices.shape);
};

/** Rows of zeros [rows, width] with one element set in each: values [rows] at indices [rows]. */
const scatterAlongAxis = (indices: Tensor, values: Tensor, shape: Shape): Tensor => {
  const column: Shape = [shape[0]!, 1];
  return operation(
    'ScatterElements',
    [zeros(shape), reshape(indices, column), reshape(values, column)],
    shape,
    (g) => [undefined, undefined, reshape(takeAlongAxis(g, indices), column)],
    { attributes: { axis: 1 } },
  );
};

/** The identity matrix [size, size]. */
export const eye = (size: Size): Tensor => operation('EyeLike', [zeros([size, size])], [size, size], nothing);
