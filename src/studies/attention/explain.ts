import type { PictureOptions } from '../../data.ts';
import type { Example, Model } from '../../index.ts';
import { type ExplainedPair, openExplainer } from '../../query.ts';

export interface ExplainOptions extends PictureOptions {
  /** Threads of each session. Default: the runtime's choice. */
  readonly threads?: number | undefined;
  /** Number of most probable answers. Default 3. */
  readonly answers?: number | undefined;
  /** Receives warnings about the data, such as a truncated text or an unknown word. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Answers and cross-modal attention of models for examples with one image, as `openExplainer` says. @throws UserError as it. */
export const explainPairs = async (
  models: Readonly<Record<string, Model>>,
  examples: readonly Example[],
  { answers, ...options }: ExplainOptions = {},
): Promise<ExplainedPair[]> => {
  await using explainer = openExplainer(models, options);
  const pairs = examples.map(({ id, text, images, answers: [right] }) => ({
    ...{ id, text, image: images[0]! },
    truth: right?.answer,
  }));
  return await explainer.explain(pairs, { answers });
};
