import { counted } from '../../errors.ts';
import type { Example } from '../example.ts';
import { imageName } from '../pictures/image-name.ts';
import type { LeftOut } from '../records/bad-rows.ts';
import type { Dataset, DatasetQuery } from './format.ts';

/**
 * Notices of fields beside that of the text which may hold the text, too, and say something else: a sample of a shard often
 * has a caption in its `txt` and another one in its `json`.
 */
export const otherTexts = (examples: readonly Example[], path: string, { records }: Pick<DatasetQuery, 'records'>) => {
  const isOther = (value: unknown, text: string): boolean =>
    typeof value === 'string' && value.trim() !== '' && value.trim() !== text.trim();
  const fields = records.textFields.filter((name) => examples.some(({ about, text }) => isOther(about?.[name], text)));
  if (fields.length === 0) return [];
  return [
    `${path}: ${fields.join(', ')} ${fields.length === 1 ? 'holds' : 'hold'} other texts, which are not read as the text: to read them, name the field in a task of your own (defineTask).`,
  ];
};

/**
 * Leaves out examples whose text is blank and, where an image may have several texts, those that repeat a text of the same
 * image, since equal captions of one image count once. Each is counted, and a notice names the first of a kind.
 */
export const siftTexts = (
  examples: readonly Example[],
  path: string,
  { records, onLeftOut }: Pick<DatasetQuery, 'records' | 'onLeftOut'>,
): Pick<Dataset, 'examples' | 'notices'> => {
  const isNew = records.severalTexts ? createSeen() : () => true;
  const blank: Example[] = [];
  const repeated: Example[] = [];
  const kept = examples.filter((example) => {
    if (example.text.trim() === '') blank.push(example);
    else if (!isNew(example)) repeated.push(example);
    else return true;
    return false;
  });
  tellOf(blank, { kind: 'incomplete', why: 'its text is blank' }, onLeftOut);
  tellOf(repeated, { kind: 'repeated', why: 'its image has this text already' }, onLeftOut);
  return {
    examples: kept,
    notices: [
      ...noticeOf(blank, (some) => `${path}: ${some} a blank text: left out.`),
      ...noticeOf(repeated, (some) => `${path}: ${some} a text that its image has already: each counts once.`),
    ],
  };
};

const tellOf = (some: readonly Example[], { kind, why }: LeftOut, onLeftOut: DatasetQuery['onLeftOut']): void => {
  for (const { id } of some) onLeftOut?.({ kind, why: `${id}: ${why}` });
};

const noticeOf = (some: readonly Example[], say: (some: string) => string): string[] =>
  some.length === 0
    ? []
    : [say(`${counted(some.length, 'example')}, such as ${some[0]!.id}, ${some.length === 1 ? 'has' : 'have'}`)];

/** Tells whether the images of an example have its text for the first time. Most have one text, which takes no set. */
const createSeen = (): ((example: Example) => boolean) => {
  const texts = new Map<string, string | Set<string>>();
  return ({ images, text }) => {
    const name = images.map(imageName).join('\n');
    const before = texts.get(name);
    if (before === undefined) texts.set(name, text);
    else if (typeof before === 'string') {
      if (before === text) return false;
      texts.set(name, new Set([before, text]));
    } else {
      if (before.has(text)) return false;
      before.add(text);
    }
    return true;
  };
};
