import { counted, UserError } from '../../errors.ts';
import { bestOf, probabilityOf } from '../../tasks/task.ts';
import { encodeText } from '../encode-text.ts';
import { aboutOf, checkStudent, type ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import type { Predictor } from '../predictor.ts';
import { topK } from './top-k.ts';

/** A student's answer about one image. */
export interface Answer {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  readonly answer: string;
  /** Probability of the answer, between 0 and 1, by the student's own scoring. */
  readonly probability: number;
}

/** Options of `ask`. */
export interface AskOptions {
  /** Number of images to return, the most probable answers first. Default: all. */
  readonly top?: number | undefined;
  /** Answer whose probability is returned for each image. Default: each image's most probable answer. */
  readonly answer?: string | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives what was done to the question, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Images of a block. Larger blocks make the logits leave the processor's cache and are no faster. */
const BLOCK = 512;

/**
 * Asks one question of every cached image. The text is encoded once, and each image costs an addition and two small
 * MLPs (f and the head).
 *
 * @param student a model, or one that is open (`openPredictor`), to ask it often.
 * @returns the most probable answers first; equally probable ones by path.
 * @throws UserError where the question is empty, the cache is another student's, or `answer` is none of its answers.
 */
export const ask = async (
  student: Runnable,
  images: ImageCache,
  question: string,
  options: AskOptions = {},
): Promise<Answer[]> => {
  const { top = Number.POSITIVE_INFINITY } = options;
  if (!(top >= 1)) throw new UserError(`the top ${top} answers: ask for at least 1`);
  return await withPredictor(student, options, (predictor) =>
    topK(askInBlocks(predictor, images, question, options), top, byProbability),
  );
};

/** Asks as `ask` does, but yields the answers in the order of the cache, some hundred at a time, as they are found. */
export async function* askInBlocks(
  student: Predictor,
  images: ImageCache,
  question: string,
  { answer, onWarning }: Omit<AskOptions, 'top' | 'threads'> = {},
): AsyncGenerator<Answer[], void, undefined> {
  checkStudent(images.folder, images.about, aboutOf(student));
  const { answers, scoring } = student.config;
  const wanted = answer === undefined ? undefined : indexOfAnswer(answer, answers);
  const text = await student.textFeatures(encodeText(student, question, { onWarning }));
  for await (const { paths, features } of images.blocks(BLOCK)) {
    const logits = await student.answerFeatures(text, features);
    const chosen = wanted === undefined ? bestOf(logits) : paths.map(() => wanted);
    yield paths.map((image, row) => ({
      image,
      answer: answers[chosen[row]!]!,
      probability: probabilityOf(logits, [row, chosen[row]!], scoring),
    }));
  }
}

const indexOfAnswer = (answer: string, answers: readonly string[]): number => {
  const index = answers.indexOf(answer);
  if (index >= 0) return index;
  const some = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
  throw new UserError(
    `${JSON.stringify(answer)} is not among the ${counted(answers.length, 'answer')} of the student (${some}): choose one of them`,
  );
};

const byProbability = (a: Answer, b: Answer): number => b.probability - a.probability || (a.image < b.image ? -1 : 1);
