import { UserError } from '../errors.ts';
import { bestOf, probabilityOf } from '../tasks/task.ts';
import { encodeText } from './encode-text.ts';
import { aboutOf, checkStudent, type ImageCache } from './image-cache.ts';
import type { Student } from './student.ts';
import { topK } from './top-k.ts';

/** What the student answers about one image. */
export interface Answer {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  readonly answer: string;
  /** How sure the student is, between 0 and 1, by its own scoring. */
  readonly probability: number;
}

export interface AskOptions {
  /** Most answers to return. Default: one for every image. */
  readonly top?: number | undefined;
  /** Instead of each image's best answer this one: which images is it true of? */
  readonly answer?: string | undefined;
  /** Hears what was done to the question: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Images of a block. Larger ones make the logits leave the processor's cache and are no faster. */
const BLOCK = 512;

/**
 * Asks one question of every cached image: the text is encoded once, and each image costs an addition and two small
 * MLPs (f and the head).
 *
 * @returns the surest answers first; equally sure ones by path.
 * @throws UserError where the question is empty, the cache is another student's, or `answer` is none that it knows.
 */
export const ask = async (
  student: Student,
  question: string,
  cache: ImageCache,
  options: AskOptions = {},
): Promise<Answer[]> => {
  const { top = Number.POSITIVE_INFINITY } = options;
  if (!(top >= 1)) throw new UserError(`ask: the top ${top} answers: ask for at least 1`);
  return topK(askInBlocks(student, question, cache, options), top, surestFirst);
};

/** The same, image by image in the order of the cache, some hundred answers at a time, as they are found. */
export async function* askInBlocks(
  student: Student,
  question: string,
  cache: ImageCache,
  { answer, onWarning }: Omit<AskOptions, 'top'> = {},
): AsyncGenerator<Answer[], void, undefined> {
  checkStudent(cache.folder, cache.about, aboutOf(student));
  const { answers, scoring } = student.config;
  const wanted = answer === undefined ? undefined : placeOf(answer, answers);
  const text = await student.textFeatures(await encodeText(student, ['question', question], onWarning));
  for await (const { entries, shares } of cache.blocks(BLOCK)) {
    const logits = await student.answers(text, shares);
    const chosen = wanted === undefined ? bestOf(logits) : entries.map(() => wanted);
    yield entries.map(({ path }, row) => ({
      image: path,
      answer: answers[chosen[row]!]!,
      probability: probabilityOf(logits, [row, chosen[row]!], scoring),
    }));
  }
}

const placeOf = (answer: string, answers: readonly string[]): number => {
  const place = answers.indexOf(answer);
  if (place >= 0) return place;
  const some = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
  throw new UserError(
    `ask: ${JSON.stringify(answer)} is not among the ${answers.length} answers (${some}): choose one of them`,
  );
};

const surestFirst = (a: Answer, b: Answer): number => b.probability - a.probability || (a.image < b.image ? -1 : 1);
