import { type Shape, type Size, termsOf, volume } from '../../engine/shapes.ts';
import { ancestors, isOperation, type Operation, parents, type Tensor } from '../../engine/tensor.ts';

/** Inputs that hold pictures or texts, one a row, and the tensors to compute once of each picture or text. */
export interface Cut {
  readonly of: 'pictures' | 'texts';
  readonly inputs: readonly Tensor[];
  /** Row i of each follows from row i of the inputs and frozen parameters alone. */
  readonly tensors: readonly Tensor[];
}

/** Dependence of a tensor: on nothing that is fed, or on pictures or texts, and then row by row. */
interface Source {
  /** Group of the inputs: `words` of texts, `patches` or `patches_2` of pictures; absent where nothing is fed. */
  readonly group?: string | undefined;
  /** Size of the axis along which the pictures or texts lie. */
  readonly rows?: Size | undefined;
  readonly hasFrozen: boolean;
}

/** Sources of tensors: undefined of one that depends on anything else, or in which rows are mixed. */
type Sources = ReadonlyMap<Tensor, Source | undefined>;

/** Names of the inputs that `collate` makes of pictures, with the suffix of the second one. */
const PICTURES = /^patch(?:es|_mask|_positions)(_\d+)?$/;

/** Names of the inputs that `collate` makes of texts. Words that are masked anew at each update have another name. */
const TEXTS = /^words?(?:_mask)?$/;

/** Size of the axis along which the words of a text lie, padding included. */
export const WORDS = 'words';

/**
 * Tensors at which a graph may be cut: the last that follow, picture by picture or text by text, from these and frozen
 * parameters. All else that the outputs depend on is computed from them, without the parameters behind them.
 *
 * @param isFrozen whether the parameter of a name never moves.
 * @returns a cut for each group of inputs: the texts, the first pictures of the examples and the second ones.
 */
export const cutsOf = (outputs: readonly Tensor[], isFrozen: (name: string) => boolean): Cut[] => {
  const sources = sourcesOf(outputs, isFrozen);
  const cut = new Map<string, Set<Tensor>>();
  const seen = new Set<Tensor>();
  const open = [...outputs];
  for (let tensor = open.pop(); tensor; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (!isCuttable(tensor, sources)) {
      open.push(...parents(tensor));
      continue;
    }
    const kept = untransposed(tensor, sources);
    const group = sources.get(kept)!.group!;
    cut.set(group, (cut.get(group) ?? new Set()).add(kept));
  }
  return [...cut].map(([group, tensors]) => ({
    of: group === WORDS ? 'texts' : 'pictures',
    tensors: [...tensors],
    inputs: ancestors([...tensors]).filter(({ made }) => 'leaf' in made && made.leaf === 'input'),
  }));
};

/** The tensor before it was transposed, since it is often wanted both ways. */
const untransposed = (tensor: Tensor, sources: Sources): Tensor => {
  const [whole] = isOperation(tensor.made) && tensor.made.operator === 'Transpose' ? tensor.made.from : [];
  return whole && isCuttable(whole, sources) ? untransposed(whole, sources) : tensor;
};

const isCuttable = (tensor: Tensor, sources: Sources): boolean => {
  const source = sources.get(tensor);
  return source?.rows !== undefined && source.hasFrozen && tensor.kind === 'float' && tensor.shape[0] === source.rows;
};

/** Dependence of each tensor of a graph; undefined where that is anything else, or rows are mixed. */
const sourcesOf = (
  outputs: readonly Tensor[],
  isFrozen: (name: string) => boolean,
): Map<Tensor, Source | undefined> => {
  const sources = new Map<Tensor, Source | undefined>();
  for (const tensor of ancestors(outputs)) {
    const { made } = tensor;
    sources.set(tensor, isOperation(made) ? ofOperation(tensor, made, sources) : ofLeaf(tensor, isFrozen));
  }
  return sources;
};

const ofLeaf = (leaf: Tensor, isFrozen: (name: string) => boolean): Source | undefined => {
  const made = leaf.made as Exclude<Tensor['made'], Operation>;
  if (made.leaf === 'constant') return { hasFrozen: false };
  if (made.leaf === 'parameter') return isFrozen(made.name) ? { hasFrozen: true } : undefined;
  const group = groupOf(made.name);
  // candidate texts of a picture are rows within its row
  const isOneEach = group !== WORDS || leaf.shape.length === 2;
  return group !== undefined && isOneEach ? { group, rows: leaf.shape[0], hasFrozen: false } : undefined;
};

const groupOf = (input: string): string | undefined => {
  const found = PICTURES.exec(input);
  if (found) return `patches${found[1] ?? ''}`;
  return TEXTS.test(input) ? WORDS : undefined;
};

const ofOperation = (tensor: Tensor, operation: Operation, sources: Sources): Source | undefined => {
  const found = operation.from.map((operand) => sources.get(operand));
  if (found.includes(undefined)) return undefined;
  const known = found as Source[];
  const fed = known.filter(({ rows }) => rows !== undefined);
  const { group, rows } = fed[0] ?? {};
  const isOne = fed.every((source) => source.group === group && source.rows === rows);
  if (!isOne || (rows !== undefined && mixesRows(tensor, operation, rows))) return undefined;
  return { group, rows, hasFrozen: known.some(({ hasFrozen }) => hasFrozen) };
};

/**
 * Whether an operation may put numbers of one row into another. The rows must stay one axis of one size, along which
 * nothing is normalised; a reshape may join it with the axes behind it, `batch*patches`, but leaves it where it is.
 */
const mixesRows = ({ shape }: Tensor, { operator, from, attributes }: Operation, rows: Size): boolean => {
  const at = rowAxis(shape, rows);
  if (at === undefined || (attributes.axis === -1 && at === shape.length - 1)) return true;
  return from.some((operand) => {
    const before = rowAxis(operand.shape, rows);
    if (before === undefined) return false;
    return operator === 'Reshape'
      ? volume(operand.shape.slice(0, before)) !== volume(shape.slice(0, at))
      : operand.shape[before] !== shape[at];
  });
};

/** The one axis whose size is a multiple of the rows; undefined where there is none, or another one has to do with them. */
const rowAxis = (shape: Shape, rows: Size): number | undefined => {
  const isOf = ({ names }: { readonly names: readonly string[] }): boolean => names.includes(String(rows));
  const [at, ...others] = shape.flatMap((size, axis) => (termsOf(size).some(isOf) ? [axis] : []));
  return at !== undefined && others.length === 0 && termsOf(shape[at]!).every(isOf) ? at : undefined;
};
