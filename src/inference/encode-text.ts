import { collate, type Feeds } from '../data/batch.ts';
import { createPreparer } from '../data/preprocess.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import type { Description } from '../model/config.ts';
import { sizeRuleOf } from './preprocessor.ts';

/** What reads a text: a student or a searcher. */
interface Reader {
  readonly description: Description;
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
  { description: { sizes }, tokenizer }: Reader,
  [id, text]: readonly [id: string, text: string],
  onNotice?: (message: string) => void,
): Promise<Feeds> => {
  const prepare = createPreparer({
    tokenizer,
    size: sizeRuleOf(sizes),
    limit: sizes.words,
    ...(onNotice ? { onNotice } : {}),
  });
  return collate([await prepare({ id, text, images: [], answers: [] })], sizes);
};
