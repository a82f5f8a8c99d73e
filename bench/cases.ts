import { configOf } from '../src/checkpoints/description.ts';
import type { Feeds } from '../src/data/batch.ts';
import { SPECIAL_PIECES } from '../src/data/tokenizer.ts';
import { countOf, type Numbers } from '../src/engine/numbers.ts';
import { keyOf, uniform } from '../src/engine/random.ts';
import type { ModelConfig } from '../src/model/config.ts';
import { base32, mini, type Sizes } from '../src/model/sizes.ts';

/** Case that is timed, apart from its batch: peers_model.py has the same sizes under the same names. */
export interface Case {
  readonly sizes: Sizes;
  /** Full-length pairs: every one has so many words and patches. */
  readonly patches: number;
  readonly answers: number;
  /** Pairs of one training step. */
  readonly batch: number;
}

export const cases = {
  base: { sizes: { ...base32, words: 40 }, patches: 240, answers: 3129, batch: 4 },
  small: {
    sizes: { ...base32, width: 192, heads: 3, depth: 6, hidden: 768, patch: 16, grid: 8, words: 20 },
    patches: 64,
    answers: 3129,
    batch: 32,
  },
  // the quickstart's learner: pictures of nine patches, short questions, a vocabulary and answers of its own
  mini: { sizes: { ...mini, words: 12, vocabulary: 50 }, patches: 9, answers: 20, batch: 64 },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof cases;

/** A teacher or a student of these sizes, for VQA. */
export const describe = (model: 'vilt' | 'dide', { sizes, answers }: Case): ModelConfig =>
  configOf(
    {
      model,
      sizes,
      task: 'vqa',
      images: 1,
      scoring: 'sigmoid',
      answers: Array.from({ length: answers }, (_, i) => `answer ${i}`),
      vocabulary: [...SPECIAL_PIECES, 'is', 'it', 'red', '?'],
      recipe: {},
    },
    'bench',
  );

/** Numbers in [-1, 1), always the same for a name. */
export const random = (name: string, shape: readonly number[]): Numbers<Float32Array> => ({
  shape,
  data: uniform(keyOf(0, 'bench', name), new Float32Array(countOf(shape))).map((x) => 2 * x - 1),
});

const filled = (shape: readonly number[], value: number): Numbers => ({
  shape,
  data: new Float32Array(countOf(shape)).fill(value),
});

/** A batch of random words and patches, without padding. */
export const randomFeeds = ({ sizes, patches, answers }: Case, batch: number): Feeds => {
  const { words, vocabulary, patch, grid } = sizes;
  const ids = uniform(keyOf(0, 'bench', 'words'), new Float32Array(batch * words));
  return {
    words: { shape: [batch, words], data: Int32Array.from(ids, (x) => Math.floor(x * vocabulary)) },
    word_mask: filled([batch, words], 1),
    patches: random('patches', [batch, patches, 3 * patch * patch]),
    patch_mask: filled([batch, patches], 1),
    patch_positions: filled([batch, patches, grid * grid], 1 / (grid * grid)),
    target: filled([batch, answers], 0),
  };
};
