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
import { integer, type Precision, sizesInitializer } from './values.ts';

/** Operators that can be written as several simpler ones, for a device that has no kernel for them. */
export type ComposedOperator = 'LogSoftmax';

/** A graph that is being built: what the file will hold so far. */
export interface GraphBuilder {
  readonly precision: Precision;
  readonly composed: readonly ComposedOperator[];
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  readonly inputs: ValueInfoProto[];
  /** Name in the file of every tensor written so far. */
  readonly names: Map<Tensor, string>;
  /** Results that hold sizes, by a key for the sizes: each is computed once. */
  readonly sizes: Map<string, string>;
}

/** An empty graph. */
export const createGraphBuilder = (precision: Precision, composed: readonly ComposedOperator[] = []): GraphBuilder => ({
  precision,
  composed,
  nodes: [],
  initializers: [],
  inputs: [],
  names: new Map(),
  sizes: new Map(),
});

/** Generated names begin with a slash, so that they never meet a given one. */
const generatedName = (kind: string, number: number): string => `/${kind.toLowerCase()}_${number}`;

/** A generated name for the next initializer. */
export const initializerName = ({ initializers }: GraphBuilder, kind: string): string =>
  generatedName(kind, initializers.length);

/** Domain of operators that ONNX Runtime alone has: they are named with it, as `com.microsoft.MatMulIntegerToFloat`. */
export const OWN_DOMAIN = 'com.microsoft';

/** Adds a node; its output gets a generated name by default. → the output's name */
export const addNode = (
  { nodes }: GraphBuilder,
  opType: string,
  input: string[],
  {
    attribute = [],
    output = generatedName(opType, nodes.length),
  }: { attribute?: AttributeProto[] | undefined; output?: string | undefined } = {},
): string => {
  const isOwn = opType.startsWith(`${OWN_DOMAIN}.`);
  const named = isOwn ? { domain: OWN_DOMAIN, opType: opType.slice(OWN_DOMAIN.length + 1) } : { opType };
  nodes.push(create(NodeProtoSchema, { ...named, name: output, input, output: [output], attribute }));
  return output;
};

/**
 * Adds an int64 vector of sizes, once for the same sizes: an initializer where all are numbers; otherwise computed from
 * the shapes of inputs.  → the vector's name
 *
 * @throws Error where a named size is on no input of the graph.
 */
export const sizeVector = (graph: GraphBuilder, shape: Shape): string =>
  shape.every((size) => typeof size === 'number')
    ? fixedSizes(graph, shape)
    : computedOnce(graph, `vector ${shape}`, () =>
        shape.length === 1
          ? sizeScalar(graph, shape[0]!)
          : addNode(
              graph,
              'Concat',
              shape.map((size) => sizeScalar(graph, size)),
              { attribute: [integer('axis', 0)] },
            ),
      );

const computedOnce = ({ sizes }: GraphBuilder, key: string, write: () => string): string => {
  const name = sizes.get(key) ?? write();
  sizes.set(key, name);
  return name;
};

/** A vector of fixed sizes or axes.  → its name */
export const fixedSizes = (graph: GraphBuilder, sizes: readonly number[]): string =>
  computedOnce(graph, `fixed ${sizes}`, () => {
    const name = initializerName(graph, 'sizes');
    graph.initializers.push(sizesInitializer(name, sizes));
    return name;
  });

const sizeScalar = (graph: GraphBuilder, size: Size): string => {
  if (typeof size === 'number') return fixedSizes(graph, [size]);
  return computedOnce(graph, `size ${size}`, () =>
    termsOf(size)
      .map(({ coefficient, names }) => [
        ...names.map((name) => namedSize(graph, name)),
        ...(coefficient === 1 && names.length > 0 ? [] : [fixedSizes(graph, [coefficient])]),
      ])
      .map((factors) => factors.reduce((a, b) => addNode(graph, 'Mul', [a, b])))
      .reduce((a, b) => addNode(graph, 'Add', [a, b])),
  );
};

const namedSize = (graph: GraphBuilder, name: string): string =>
  computedOnce(graph, `name ${name}`, () => {
    const source = [...graph.names].find(([{ made, shape }]) => !isOperation(made) && shape.includes(name));
    if (source === undefined) throw new Error(`onnx: size ${name} is on no input of the graph`);
    const [{ shape }, leaf] = source;
    const axis = shape.indexOf(name);
    return addNode(graph, 'Shape', [leaf], { attribute: [integer('start', axis), integer('end', axis + 1)] });
  });
