import { create } from '@bufbuild/protobuf';
import { type Shape, type Size, termsOf } from '../shapes.ts';
import { isOperation, type Tensor } from '../tensor.ts';
import {
  type AttributeProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from './onnx_pb.ts';
import { integer, type Precision, sizesTensorOf } from './values.ts';

/** A graph while it is written: what stands in the file so far. */
export interface Draft {
  readonly precision: Precision;
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  readonly inputs: ValueInfoProto[];
  /** The name in the file of every tensor that stands in it. */
  readonly names: Map<Tensor, string>;
  /** The sizes that stand in it already, by what they are. */
  readonly sizes: Map<string, string>;
}

export const createDraft = (precision: Precision): Draft => ({
  precision,
  nodes: [],
  initializers: [],
  inputs: [],
  names: new Map(),
  sizes: new Map(),
});

/** Names that we make up begin with a slash, so that they meet none that was given. */
const madeUp = (what: string, number: number): string => `/${what.toLowerCase()}_${number}`;

/** A name for the next initializer that has none of its own. */
export const initializerName = ({ initializers }: Draft, what: string): string => madeUp(what, initializers.length);

/** Writes one operator; its result gets a name of our own unless it is given one. Returns that name. */
export const addNode = (
  { nodes }: Draft,
  opType: string,
  input: string[],
  {
    attribute = [],
    output = madeUp(opType, nodes.length),
  }: { attribute?: AttributeProto[] | undefined; output?: string | undefined } = {},
): string => {
  nodes.push(create(NodeProtoSchema, { opType, name: output, input, output: [output], attribute }));
  return output;
};

/**
 * A vector of sizes as an int64 result, written once: fixed ones are initializers, named ones are read off a leaf that
 * has them.
 *
 * @throws Error where no leaf of the graph carries a name.
 */
export const sizeVector = (draft: Draft, shape: Shape): string =>
  shape.every((size) => typeof size === 'number')
    ? fixedSizes(draft, shape)
    : once(draft, `vector ${shape}`, () =>
        shape.length === 1
          ? oneSize(draft, shape[0]!)
          : addNode(
              draft,
              'Concat',
              shape.map((size) => oneSize(draft, size)),
              { attribute: [integer('axis', 0)] },
            ),
      );

const once = ({ sizes }: Draft, key: string, write: () => string): string => {
  const name = sizes.get(key) ?? write();
  sizes.set(key, name);
  return name;
};

const fixedSizes = (draft: Draft, sizes: readonly number[]): string =>
  once(draft, `fixed ${sizes}`, () => {
    const name = initializerName(draft, 'sizes');
    draft.initializers.push(sizesTensorOf(name, sizes));
    return name;
  });

const oneSize = (draft: Draft, size: Size): string => {
  if (typeof size === 'number') return fixedSizes(draft, [size]);
  return once(draft, `size ${size}`, () =>
    termsOf(size)
      .map(({ coefficient, names }) => [
        ...names.map((name) => sizeNamed(draft, name)),
        ...(coefficient === 1 && names.length > 0 ? [] : [fixedSizes(draft, [coefficient])]),
      ])
      .map((factors) => factors.reduce((a, b) => addNode(draft, 'Mul', [a, b])))
      .reduce((a, b) => addNode(draft, 'Add', [a, b])),
  );
};

const sizeNamed = (draft: Draft, name: string): string =>
  once(draft, `name ${name}`, () => {
    const source = [...draft.names].find(([{ made, shape }]) => !isOperation(made) && shape.includes(name));
    if (source === undefined) throw new Error(`onnx: size ${name} is on no input of the graph`);
    const [{ shape }, leaf] = source;
    const axis = shape.indexOf(name);
    return addNode(draft, 'Shape', [leaf], { attribute: [integer('start', axis), integer('end', axis + 1)] });
  });
