import { easyVqa } from './easy-vqa.ts';
import { emoji, emojiNew } from './emoji.ts';
import type { PackagedData } from './packaged-data.ts';

/** All packaged data sets by name. */
export const packagedData = { 'easy-vqa': easyVqa, emoji, 'emoji-new': emojiNew } as const satisfies Readonly<
  Record<string, PackagedData>
>;
