import type { Operation } from '../tensor.ts';
import { addNode, type ComposedOperator, fixedSizes, type GraphBuilder } from './nodes.ts';
import { integer } from './values.ts';

/** Whether an operation is to be written as simpler ones. */
export const isComposed = ({ composed }: GraphBuilder, { operator }: Operation): boolean =>
  composed.includes(operator as ComposedOperator);

/** Adds log(softmax(x)) over the last axis: z = x - max x, z - log Σ exp z.  → the output's name */
export const addComposed = (builder: GraphBuilder, { from }: Operation, output: string | undefined): string => {
  const x = builder.names.get(from[0]!)!;
  const [axis, attribute] = [fixedSizes(builder, [-1]), [integer('keepdims', 1)]];
  const z = addNode(builder, 'Sub', [x, addNode(builder, 'ReduceMax', [x, axis], { attribute })]);
  const total = addNode(builder, 'ReduceSum', [addNode(builder, 'Exp', [z]), axis], { attribute });
  return addNode(builder, 'Sub', [z, addNode(builder, 'Log', [total])], { output });
};
