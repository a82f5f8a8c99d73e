import { collate, type Feeds } from '../data/batch.ts';
import { createPreparer } from '../data/preprocess.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import type { ModelConfig } from '../model/config.ts';
import { sizeRuleOf } from './preprocessor.ts';

/** What reads a text: a student or a searcher. */
interface Reader {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
}

/**
 * The feeds of one text.
 *
 * @param id what the text is called where something is said of it.
 * @param onNotice hears what was done to it: cut short, a word unknown.
 * @throws UserError where it is empty.
 */
export const encodeText = async (
  { config: { sizes }, tokenizer }: Reader,
  [id, text]: readonly [id: string, text: string],
  onWarning?: (message: string) => void,
): Promise<Feeds> => {
  const prepare = createPreparer({
    tokenizer,
    size: sizeRuleOf(sizes),
    limit: sizes.words,
    ...(onWarning ? { onWarning } : {}),
  });
  return collate([await prepare({ id, text, images: [], answers: [] })], sizes);
};
