import type { Numbers } from '../engine/numbers.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { FeatureGraphs, ModelConfig } from '../model/config.ts';
import type { KeptFeatures } from './kept-features.ts';
import type { LazySession } from './lazy-session.ts';

/** Answers that a scan computes, where not all of them. */
export interface WantedAnswers {
  /** Their indices, int32 [chosen]; one where the odds are wanted. */
  readonly chosen: Numbers<Int32Array>;
  /**
   * Their logits (`logits`, default), or the odds against the one answer: the sum of exp(l - l_c) over the logits l of all
   * others, [texts * images, 1], so that a softmax gives it 1 / (1 + odds).
   */
  readonly as?: 'logits' | 'odds' | undefined;
}

/** Every text about every image, as `Predictor.scanFeatures` says it. */
type Scan = (texts: Numbers, images: KeptFeatures, wanted?: WantedAnswers) => Promise<Numbers<Float32Array>>;

/** Opens a session of a graph. */
type Open = (graph: () => Tensor, threads: number) => LazySession['run'];

/** Sessions of one thread, each kind of as many as there are threads, which take turns. */
export const openScan = (
  config: Pick<ModelConfig, 'answers'>,
  scan: NonNullable<FeatureGraphs['scan']>,
  { open, threads }: { readonly open: Open; readonly threads: number },
): Scan => {
  const pools = new Map<string, LazySession['run'][]>();
  let turn = 0;
  return (texts, { kind, shares, scales }, wanted) => {
    const answers = !wanted ? 'all' : wanted.as === 'odds' ? 'against' : 'chosen';
    const count = texts.shape[0] === 1 ? 1 : 'texts';
    const key = `${kind} ${answers} ${count}`;
    const pool = pools.get(key) ?? Array.from({ length: threads }, () => open(() => scan(kind, answers, count), 1));
    pools.set(key, pool);
    turn = (turn + 1) % threads;
    const feeds = { text_shares: texts, image_shares: shares, ...(scales ? { image_scales: scales } : {}) };
    if (!wanted) return pool[turn]!(feeds);
    const { chosen } = wanted;
    return pool[turn]!({ ...feeds, chosen, ...(answers === 'against' ? { others: othersOf(config, chosen) } : {}) });
  };
};

/** 1 for each answer, 0 for the chosen one: [answers, 1]. */
const othersOf = ({ answers }: Pick<ModelConfig, 'answers'>, { data }: Numbers<Int32Array>): Numbers => ({
  shape: [answers.length, 1],
  data: Float32Array.from(answers, (_, i) => (i === data[0] ? 0 : 1)),
});
