import { add, concat, scatteredOnto } from './ops.ts';
import { minus, plus, type Size, show } from './shapes.ts';
import { ancestors, constant, isOperation, type Operation, parents, type Tensor } from './tensor.ts';

/**
 * Reverse mode: the gradient of a scalar with respect to each of its parameters, as more symbols.
 *
 * The map lists the parameters in the order in which the backward pass is done with them, the last layer's first:
 * written in this order, a graph frees each activation as soon as it can.
 *
 * @throws Error where the loss is not a scalar, or a wanted tensor has no part in it.
 */
export const gradients = (loss: Tensor, wanted: ReadonlySet<Tensor>): Map<Tensor, Tensor> => {
  const found = gradientsReached(loss, wanted);
  for (const tensor of wanted)
    if (!found.has(tensor)) throw new Error(`gradients: ${nameOf(tensor)} has no part in the loss`);
  return found;
};

/**
 * Gradients as `gradients` gives them, of those tensors alone that the loss depends on. Tensors that have no part in
 * the loss, or one through `stopGradient` only, are left out.
 *
 * @throws Error where the loss is not a scalar.
 */
export const gradientsReached = (loss: Tensor, wanted: ReadonlySet<Tensor>): Map<Tensor, Tensor> => {
  if (loss.shape.length > 0) throw new Error(`gradients: the loss is ${show(loss.shape)}: it must be a scalar`);
  const graph = ancestors([loss]);
  const leading = leadingTo(graph, wanted);
  const arrived = new Map<Tensor, Tensor[]>([[loss, [constant(1)]]]);
  const found = new Map<Tensor, Tensor>();
  for (const tensor of graph.toReversed()) {
    const contributions = arrived.get(tensor);
    if (contributions === undefined || !leading.has(tensor)) continue;
    arrived.delete(tensor);
    const g = total(contributions);
    if (wanted.has(tensor)) found.set(tensor, g);
    if (isOperation(tensor.made)) pass(g, tensor, tensor.made, { leading, arrived });
  }
  return found;
};

interface Flow {
  readonly leading: ReadonlySet<Tensor>;
  readonly arrived: Map<Tensor, Tensor[]>;
}

const pass = (g: Tensor, out: Tensor, { from, derivative }: Operation, { leading, arrived }: Flow): void => {
  const passed = derivative(g, out);
  from.forEach((parent, i) => {
    const contribution = passed[i];
    if (contribution === undefined || !leading.has(parent)) return;
    arrived.set(parent, [...(arrived.get(parent) ?? []), contribution]);
  });
};

/** The tensors through which a change of a wanted one reaches the loss. */
const leadingTo = (graph: readonly Tensor[], wanted: ReadonlySet<Tensor>): Set<Tensor> => {
  const leading = new Set<Tensor>();
  for (const tensor of graph)
    if (wanted.has(tensor) || parents(tensor).some((parent) => leading.has(parent))) leading.add(tensor);
  return leading;
};

/**
 * The sum of what arrived. The gradients of slices that tile a tensor are put side by side, not padded and added; what is
 * scattered into a table of zeros is scattered into the rest of the sum, since a table of words is large.
 */
const total = (contributions: readonly Tensor[]): Tensor => {
  const isScattered = (one: Tensor): boolean => scatteredOnto(one, one) !== undefined;
  const last = [...contributions.filter((one) => !isScattered(one)), ...contributions.filter(isScattered)];
  return tiled(contributions) ?? last.reduce((sum, one) => scatteredOnto(sum, one) ?? add(sum, one));
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
