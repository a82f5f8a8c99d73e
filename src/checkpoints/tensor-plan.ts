import { counted, UserError } from '../errors.ts';
import type { Shapes } from './check-shapes.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { ourName, qkvIndex } from './rename-tensors.ts';
import { chooseWeights, named, unwrapped, type WeightChoice } from './weight-choice.ts';

/** Tensors of a file under our names. */
export interface TensorPlan {
  readonly shapes: Shapes;
  /** Names in the file, by ours: one, or those of query, key and value in this order. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** Sentences that say which weights were taken, and which were left, where a file has more than a model's. */
  readonly notices: readonly string[];
}

/** Options of `tensorPlan`. */
export interface TensorPlanOptions {
  /** Our name for the head that Hugging Face calls `classifier`. */
  readonly head?: string | undefined;
  /** Set of weights to take, where the file has several: `ema`. Default: the usual one. */
  readonly weights?: string | undefined;
}

/** Tensors of a file that are no part of its model: counting buffers, and the teacher that a distilled run carries. */
const ignored = [/(^|\.)(?:position_ids|token_type_ids)$/, /^teacher_model\./];

/**
 * Maps the tensors of a file's model to our names. No numbers are read.
 *
 * @throws UserError where the file has several models, none of the name that is wanted, or adapters beside its weights.
 */
export const tensorPlan = (
  { tensors, path }: Pick<WeightsFile, 'tensors' | 'path'>,
  { head = 'classifier', weights }: TensorPlanOptions = {},
): TensorPlan => {
  const choice = chooseWeights(tensors.keys(), weights, path);
  refuseAdapters(tensors.keys(), path);
  const within = [...tensors.keys()].filter((name) => isOfChoice(name, choice) && !isCounter(name, choice, tensors));
  const beside = headsBeside(within, [...tensors.keys()], choice);
  const own = [...within, ...beside];
  const sources = new Map<string, string[]>();
  for (const name of own) {
    const bare = unwrapped(name, beside.includes(name) ? '' : choice.prefix);
    if (ignored.some((rule) => rule.test(bare))) continue;
    const ours = ourName(bare, head);
    sources.set(ours, [...(sources.get(ours) ?? []), name]);
  }
  for (const names of sources.values()) names.sort((a, b) => qkvIndex(a) - qkvIndex(b));
  const shapes = [...sources].map(([ours, names]): [string, readonly number[]] => {
    const { shape } = tensors.get(names[0]!)!;
    const isSplit = qkvIndex(names[0]!) >= 0;
    return [ours, isSplit ? [shape[0]! * names.length, ...shape.slice(1)] : shape];
  });
  return { shapes: new Map(shapes), sources, notices: noticesOf(choice, [...tensors.keys()], new Set(own)) };
};

const isOfChoice = (name: string, { prefix, others }: WeightChoice): boolean =>
  name.startsWith(prefix) && !others.some((other) => other.length > prefix.length && name.startsWith(other));

/** Tensors of a head, by their names in the file without a prefix. */
const ofHead = /^(?:[^.]+_)?(?:classifier|mlm_score|itm_score|rank_output)\./;

/** Tensors of a head that stand beside those of a wrapped body without one: `model.embeddings.…`, `classifier.0.weight`. */
const headsBeside = (
  within: readonly string[],
  names: readonly string[],
  { prefix, others }: WeightChoice,
): string[] => {
  const isWhole = within.some((name) => ofHead.test(unwrapped(name, prefix)));
  if (prefix === '' || others.length > 0 || isWhole) return [];
  return names.filter((name) => !name.startsWith(prefix) && ofHead.test(name));
};

/** @throws UserError where LoRA's matrices stand beside the weights that they change. */
const refuseAdapters = (names: Iterable<string>, path: string): void => {
  const [first, ...more] = [...names].filter((name) => /\.lora_[AB]\./.test(name));
  if (first === undefined) return;
  throw new UserError(
    `${path}: it holds ${counted(1 + more.length, 'matrix', 'matrices')} of LoRA, such as ${first}, which change the weights beside them: merge them into these first (peft's merge_and_unload) and save that`,
  );
};

/** Whether a tensor is a counter that a wrapper keeps beside the weights: `n_averaged`, `num_updates`. */
const isCounter = (name: string, { prefix }: WeightChoice, tensors: WeightsFile['tensors']): boolean =>
  !name.slice(prefix.length).includes('.') && tensors.get(name)!.shape.length === 0;

/** Most names that a notice lists. */
const MOST_NAMES = 4;

/** Sentences about the weights that are taken and those that are left. */
const noticesOf = (choice: WeightChoice, names: readonly string[], taken: ReadonlySet<string>): readonly string[] => {
  const { prefix, others } = choice;
  const left = names.filter((name) => !taken.has(name));
  const isOf = (other: string, name: string): boolean => isOfChoice(name, { prefix: other, others: [prefix] });
  const rest = left.filter((name) => !others.some((other) => isOf(other, name)));
  const some = rest.slice(0, MOST_NAMES).join(', ') + (rest.length > MOST_NAMES ? ', …' : '');
  return [
    ...others.map((other) => {
      const count = left.filter((name) => isOf(other, name)).length;
      const choose = other === '' ? '' : ` (--weights ${named(other)} takes them)`;
      return `${tensorsOf(count)} of ${named(other)} left out: ${named(prefix)} taken instead${choose}`;
    }),
    ...(rest.length > 0 ? [`${tensorsOf(rest.length)} left out, no part of the model: ${some}`] : []),
  ];
};

const tensorsOf = (count: number): string => counted(count, 'tensor');

/** Whether tensors under our names are those of a dual encoder. */
export const hasTwoTowers = (shapes: Shapes): boolean =>
  [...shapes.keys()].some((name) => name.startsWith('image_encoder.'));
