import { UserError } from '../errors.ts';
import { joinedName } from './formats/joined-names.ts';
import { isAverage } from './formats/pytorch/weight-sets.ts';

/** One of the models in a file: those tensors whose names begin in one way. */
export interface WeightChoice {
  /** Beginning of their names: `module.`, `model_ema.`; empty where the names are bare. */
  readonly prefix: string;
  /** Beginnings of the names of the other models. */
  readonly others: readonly string[];
}

/** Name of the table that every ViLT, DiDE and tower of one has, after what wrappers put before it. */
const wordTable =
  /^(.*?)(?:(?:text_encoder|image_encoder|shared_encoder|teacher_model)\.)?(?:vilt\.)?(?:embeddings\.)?text_embeddings\.word_embeddings\.weight$/;

/** Names that wrappers put between those of modules: torch.compile, FSDP, checkpointing of activations. */
const inside = /(^|\.)(?:(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.)+(?=.*\.)/g;

/**
 * Chooses a model among those of a file by what stands before its names: that of the usual set of weights, or the one
 * that is named. DataParallel (`module.`), torch.compile (`_orig_mod.`), Lightning's modules (`model.`) and averages
 * of the weights (`ema.`, `model_ema.`) put something there.
 *
 * @param weights name of the set that is wanted: `ema` for the average, or its whole beginning.
 * @throws UserError where there is none of that name, or several that could be meant.
 */
export const chooseWeights = (given: Iterable<string>, weights: string | undefined, path: string): WeightChoice => {
  const names = [...given];
  const prefixes = [...new Set(names.flatMap((name) => wordTable.exec(name)?.[1] ?? []))];
  const [main, averages] = [prefixes.filter((prefix) => !isAverage(prefix)), prefixes.filter(isAverage)];
  const usual = main.length > 0 ? main : averages;
  const fitting = weights === undefined ? usual : prefixes.filter((prefix) => isNamed(prefix, weights));
  const prefix = fitting.includes('') ? '' : fitting[0];
  if (prefix !== undefined && (fitting.length === 1 || prefix === '')) {
    return { prefix, others: prefixes.filter((other) => other !== prefix) };
  }
  if (prefixes.length === 0) refuseJoined(names, path);
  if (prefixes.length === 0 && weights === undefined) return { prefix: '', others: [] };
  const found = prefixes.length === 0 ? 'it holds no ViLT or DiDE' : `it holds ${prefixes.map(named).join(', ')}`;
  throw new UserError(
    weights === undefined
      ? `${path}: ${found}: say which (--weights NAME)`
      : `${path}: ${found}: --weights ${weights} names ${fitting.length === 0 ? 'none of them' : 'several of them'}`,
  );
};

/** @throws UserError where the names of a ViLT are joined, and no others say where their dots belong. */
const refuseJoined = (names: Iterable<string>, path: string): void => {
  const joined = joinedName(names);
  if (joined === undefined) return;
  throw new UserError(
    `${path}: the parts of its names are joined, such as ${joined}, and the weights that they are an average of are not in it: save these beside it, or the average under their names`,
  );
};

/** Whether a beginning has the wanted name: whole, as one of its parts, or, for `ema`, as any average of the weights. */
const isNamed = (prefix: string, weights: string): boolean =>
  bare(prefix) === weights || bare(prefix).split(/[._]/).includes(weights) || (weights === 'ema' && isAverage(prefix));

const bare = (prefix: string): string => prefix.replace(/\.$/, '');

/** Name of a set of weights for people. */
export const named = (prefix: string): string => (prefix === '' ? 'weights without a prefix' : bare(prefix));

/** Name of a tensor without what wrappers put before it and between its parts. */
export const unwrapped = (name: string, prefix: string): string => name.slice(prefix.length).replace(inside, '$1');
