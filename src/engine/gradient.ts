import { add, concat, scatterOnto } from './ops.ts';
import { recomputed } from './recompute.ts';
import { minus, plus, type Size, show } from './shapes.ts';
import { ancestors, constant, isOperation, type Operation, parents, type Tensor } from './tensor.ts';

/**
 * Reverse-mode differentiation: the gradient of a scalar with respect to each of the given tensors, as new tensors.
 *
 * The map lists them in the order in which the backward pass completes them, the last layer's first: a graph written in
 * this order frees each activation as early as possible.
 *
 * @throws Error where the loss is not a scalar, or does not depend on one of the tensors.
 */
export const gradients = (loss: Tensor, targets: ReadonlySet<Tensor>): Map<Tensor, Tensor> => {
  const found = gradientsReached(loss, targets);
  for (const tensor of targets)
    if (!found.has(tensor)) throw new Error(`gradients: ${nameOf(tensor)} has no part in the loss`);
  return found;
};

/**
 * Gradients as `gradients` gives them, of those tensors alone that the loss depends on. Tensors that have no part in
 * the loss, or one through `stopGradient` only, are left out.
 *
 * @throws Error where the loss is not a scalar.
 */
export const gradientsReached = (loss: Tensor, targets: ReadonlySet<Tensor>): Map<Tensor, Tensor> => {
  if (loss.shape.length > 0) throw new Error(`gradients: the loss is ${show(loss.shape)}: it must be a scalar`);
  const graph = ancestors([loss]);
  const active = dependingOn(graph, targets);
  const incoming = new Map<Tensor, Tensor[]>([[loss, [constant(1)]]]);
  const found = new Map<Tensor, Tensor>();
  for (const tensor of graph.toReversed()) {
    const contributions = incoming.get(tensor);
    if (contributions === undefined || !active.has(tensor)) continue;
    incoming.delete(tensor);
    const g = total(contributions);
    if (targets.has(tensor)) found.set(tensor, g);
    if (isOperation(tensor.made)) propagate(g, tensor, tensor.made, { active, incoming });
  }
  return recomputed(found, { forward: new Set(graph), active });
};

interface BackwardPass {
  /** Tensors through which a target reaches the loss. */
  readonly active: ReadonlySet<Tensor>;
  /** Contributions to the gradient of each tensor so far. */
  readonly incoming: Map<Tensor, Tensor[]>;
}

const propagate = (
  g: Tensor,
  out: Tensor,
  { from, derivative }: Operation,
  { active, incoming }: BackwardPass,
): void => {
  const contributions = derivative(g, out);
  from.forEach((parent, i) => {
    const contribution = contributions[i];
    if (contribution === undefined || !active.has(parent)) return;
    incoming.set(parent, [...(incoming.get(parent) ?? []), contribution]);
  });
};

/** Tensors of the graph that depend on a target, targets included. */
const dependingOn = (graph: readonly Tensor[], targets: ReadonlySet<Tensor>): Set<Tensor> => {
  const depending = new Set<Tensor>();
  for (const tensor of graph)
    if (targets.has(tensor) || parents(tensor).some((parent) => depending.has(parent))) depending.add(tensor);
  return depending;
};

/**
 * Sum of the contributions. Gradients of slices that tile a tensor are concatenated instead of padded and added, and
 * rows scattered into a table of zeros are scattered onto the rest of the sum, since a table of words is large.
 */
const total = (contributions: readonly Tensor[]): Tensor => {
  const isScattered = (one: Tensor): boolean => scatterOnto(one, one) !== undefined;
  const last = [...contributions.filter((one) => !isScattered(one)), ...contributions.filter(isScattered)];
  return tiled(contributions) ?? last.reduce((sum, one) => scatterOnto(sum, one) ?? add(sum, one));
};

interface Piece {
  readonly piece: Tensor;
  readonly axis: number;
  readonly start: Size;
}

const tiled = (contributions: readonly Tensor[]): Tensor | undefined => {
  const pieces = contributions.map(pieceOf);
  if (pieces.length < 2 || pieces.some((piece) => piece === undefined)) return undefined;
  const byStart = new Map(pieces.map((piece) => [piece!.start, piece!]));
  const { axis } = pieces[0]!;
  const row: Tensor[] = [];
  for (let at: Size = 0; byStart.has(at); ) {
    const { piece, axis: along } = byStart.get(at)!;
    byStart.delete(at);
    if (along !== axis) return undefined;
    row.push(piece);
    at = plus(at, piece.shape[axis]!);
  }
  const covered = row.map((piece) => piece.shape[axis]!).reduce(plus, 0);
  const whole = contributions[0]!.shape[axis]!;
  return row.length === pieces.length && minus(whole, covered) === 0 ? concat(row, axis) : undefined;
};

const pieceOf = ({ made }: Tensor): Piece | undefined => {
  if (!isOperation(made) || made.operator !== 'Pad') return undefined;
  return { piece: made.from[0]!, axis: made.sizes[1]![0] as number, start: made.sizes[0]![0]! };
};

const nameOf = ({ made, shape }: Tensor): string =>
  'leaf' in made && made.leaf !== 'constant' ? made.name : show(shape);
