import { counted, UserError } from '../errors.ts';
import type { ModelConfig } from '../model/config.ts';
import { bestOf, probabilityOf } from '../tasks/task.ts';
import { encodeText } from './encode-text.ts';
import { aboutOf, type ImageCache } from './image-cache.ts';
import { checkCompares, cosines, type Predictor } from './predictor.ts';
import { checkStudent } from './store/manifest.ts';

/** A question for every cached image or, of a student of retrieval, a text that images are compared with. */
export interface ScanQuestion {
  readonly text: string;
  /** Answer whose probability is wanted. Default: each image's most probable one. */
  readonly answer?: string | undefined;
}

/** Scores of some cached images, for each of the questions. */
export interface ScanBlock {
  /** Places of the images in the cache, [count]: image i is `cache.pathAt(places[i])`. */
  readonly places: Uint32Array;
  /** Probabilities between 0 and 1 or, of a student of retrieval, cosines between -1 and 1: [questions, count]. */
  readonly scores: Float64Array;
  /** Indices of the answers among the student's, [questions, count]; empty of a student of retrieval. */
  readonly answers: Uint32Array;
}

/** Options of `scan`. */
export interface ScanOptions {
  /** Places of the images to look at, ascending, where not all are of interest: others are not read. Default: all. */
  readonly only?: Uint32Array | undefined;
  /** Receives what was done to a text, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Asks questions of every cached image, or compares every image with texts, and yields the scores block by block, in the
 * order of the cache, while the scan goes on. A consumer that leaves early ends it.
 *
 *   for await (const { places, scores } of scan(student, cache, [{ text: 'is there a dog?', answer: 'yes' }]))
 *     for (const [i, place] of places.entries()) if (scores[i]! > 0.9) console.log(cache.pathAt(place));
 *
 * @throws UserError where a text is empty, the cache is another student's, or an answer is none of its answers.
 */
export async function* scan(
  student: Predictor,
  images: ImageCache,
  questions: readonly ScanQuestion[],
  options: ScanOptions = {},
): AsyncGenerator<ScanBlock, void, undefined> {
  const { config } = student;
  if (!config.purpose.logits) checkCompares(student);
  checkStudent(images.folder, images.about, aboutOf(student));
  const wanted = questions.map(({ answer }) => (answer === undefined ? undefined : indexOfAnswer(answer, config)));
  const texts: Float32Array[] = [];
  for (const { text } of questions) texts.push((await student.textFeatures(encodeText(student, text, options))).data);
  for await (const { places, features } of images.blocks({ rows: BLOCK, only: options.only })) {
    const count = places.length;
    const scores = new Float64Array(questions.length * count);
    const answers = new Uint32Array(config.purpose.logits ? scores.length : 0);
    for (const [question, data] of texts.entries()) {
      const text = { shape: [1, student.width], data };
      if (!config.purpose.logits) {
        scores.set(cosines(features, text).data, question * count);
        continue;
      }
      const logits = await student.answerFeatures(text, features);
      const place = wanted[question];
      const chosen = place === undefined ? bestOf(logits) : Array.from(places, () => place);
      for (const [row, answer] of chosen.entries()) {
        answers[question * count + row] = answer;
        scores[question * count + row] = probabilityOf(logits, [row, answer], config.scoring);
      }
    }
    yield { places, scores, answers };
  }
}

/** Images of a block. Larger blocks make the logits leave the processor's cache and are no faster. */
const BLOCK = 512;

const indexOfAnswer = (answer: string, { answers }: ModelConfig): number => {
  const index = answers.indexOf(answer);
  if (index >= 0) return index;
  const some = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
  throw new UserError(
    `${JSON.stringify(answer)} is not among the ${counted(answers.length, 'answer')} of the student (${some}): choose one of them`,
  );
};
