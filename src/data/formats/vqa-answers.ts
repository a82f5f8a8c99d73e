import { counted, UserError } from '../../errors.ts';

/** Punctuation that becomes a space or nothing, in the order in which the VQA evaluation replaces it. */
const MARKS = [
  ';',
  '/',
  '[',
  ']',
  '"',
  '{',
  '}',
  '(',
  ')',
  '=',
  '+',
  '\\',
  '_',
  '-',
  '>',
  '<',
  '@',
  '`',
  ',',
  '?',
  '!',
];

const DIGITS = new Map(
  ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map((word, i) => [
    word,
    `${i}`,
  ]),
).set('none', '0');

const ARTICLES = new Set(['a', 'an', 'the']);

/** The contractions of the VQA evaluation, with all apostrophes; people leave one out. */
const CONTRACTIONS = `ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't
  haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't
  must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've
  somebody'll somebody's someone'd someone'd've someone'll someone's something'd something'd've something'll that's
  there'd there'd've there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't
  what'll what're what's what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're
  why's won't would've wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've`;

/** The whole contraction by the one with an apostrophe missing. The last pair is a slip of the original table. */
const contractions = (): Map<string, string> =>
  new Map([
    ...CONTRACTIONS.split(/\s+/).flatMap((whole) =>
      [...whole.matchAll(/'/g)].map(({ index }) => [whole.slice(0, index) + whole.slice(index + 1), whole] as const),
    ),
    ["somebody'd", 'somebodyd'] as const,
  ]);

let wholeByPart: Map<string, string> | undefined;

/** Most periods that are deleted: the evaluation passes `re.UNICODE`, 32, where a count belongs. */
const MOST_PERIODS = 32;

/**
 * Normalises an answer as the VQA evaluation and the ViLT code compare it: without punctuation and articles, in lower
 * case, with digits for numbers and whole contractions.
 */
export const normalizeAnswer = (answer: string): string => {
  wholeByPart ??= contractions();
  const hasThousands = /\d,\d/.test(answer);
  let text = answer;
  for (const mark of MARKS) {
    const beside = answer.includes(`${mark} `) || answer.includes(` ${mark}`);
    text = text.replaceAll(mark, beside || hasThousands ? '' : ' ');
  }
  let periods = 0;
  text = text.replaceAll(/\.(?!\d)/g, (period) => (periods++ < MOST_PERIODS ? '' : period));
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = words.map((word) => DIGITS.get(word) ?? word).filter((word) => !ARTICLES.has(word));
  return kept
    .map((word) => wholeByPart?.get(word) ?? word)
    .join(' ')
    .replaceAll(',', '');
};

/** Least number of times that a class is a multiple choice answer; 9 gives the 3,129 classes of VQA v2. */
const LEAST = 9;

/**
 * The classes of VQA v2 as the ViLT code makes them: every normalised multiple choice answer that occurs nine times or
 * more, in the order of **first occurrence**, train before val in the order of the files. With a classifier that was
 * trained in another order the answers are nonsense.
 *
 * @param choices the `multiple_choice_answer` of every annotation, in order.
 * @throws UserError when no answer occurs often enough.
 */
export const answerVocabulary = async (choices: AsyncIterable<string>, least: number = LEAST): Promise<string[]> => {
  const counts = new Map<string, number>();
  for await (const choice of choices) {
    const answer = normalizeAnswer(choice);
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  const answers = [...counts].flatMap(([answer, count]) => (count >= least ? [answer] : []));
  if (answers.length > 0) return answers;
  throw new UserError(
    `answers: none of the ${counts.size} occurs ${counted(least, 'time')}: write those that you want, one a line, to answers.txt.`,
  );
};
