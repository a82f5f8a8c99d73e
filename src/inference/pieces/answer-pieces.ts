import type { Model } from '../../checkpoints/model-file.ts';
import { UserError } from '../../errors.ts';
import { allPlaces, type ImageCache } from '../image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { openCollection } from '../query/collect.ts';
import type { Condition } from '../query/conditions.ts';
import { planOf, type QuestionResult, type QuestionsOptions } from '../query/questions.ts';
import { scan } from '../scan.ts';
import { type AnsweredPiece, type Asked, askedOf, sharesIn, writtenPiece } from './answered-piece.ts';
import { nameOf, namesBetween, type Piece, type PieceContext, pieceOf, stateOf, USUAL } from './piece.ts';

/** Questions, and how they are to be answered: the same where pieces are answered and where they are merged. */
export interface PiecesRequest {
  readonly questions: readonly Condition[];
  readonly options?: QuestionsOptions | undefined;
}

/**
 * Answers questions about some pieces of a cache, on any machine that sees it: a record each, of JSON, from which
 * `mergeAnswers` makes the answers of all images. A piece is answered whole, and the same each time.
 *
 *   for await (const piece of answerPieces(student, photos, { questions: ['is there a dog?'] }, names))
 *     console.log(JSON.stringify(piece));
 *
 * @param names of `piecesOf`, with the same filter.
 * @throws UserError as `askAll`; where a name is none of the cache as it is now, with that name.
 */
export async function* answerPieces(
  student: Model,
  cache: ImageCache,
  { questions, options = {} }: PiecesRequest,
  names: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<AnsweredPiece, void, undefined> {
  await using predictor = await openPredictor(student, { threads: options.threads });
  const work = workOf(student, predictor, cache, { questions, options });
  for await (const name of names) yield await answerPiece(predictor, work, pieceOf(name, work));
}

/** A plan, what it is asked of, and what the names of its pieces must be. */
interface Work extends Asked, PieceContext {}

const workOf = (
  student: Model,
  predictor: Predictor,
  cache: ImageCache,
  { questions, options = {} }: PiecesRequest,
): Work => {
  const plan = planOf(predictor, cache, questions, options);
  const asked = askedOf(student, plan);
  return { plan, asked, answers: student.config.answers, cache, state: stateOf(cache), count: plan.filtered.count };
};

const answerPiece = async (predictor: Predictor, work: Work, piece: Piece): Promise<AnsweredPiece> => {
  const { plan, cache, answers } = work;
  const { filtered, options, scanned } = plan;
  const only = (filtered.only ?? allPlaces(cache.size)).subarray(piece.first, piece.end);
  const collection = openCollection(answers, cache, {
    ...plan,
    filtered: { ...filtered, only, count: only.length },
    options: { ...options, onProgress: undefined },
  });
  for await (const block of scan(predictor, cache, scanned, { only })) collection.add(block);
  return writtenPiece(nameOf(piece), work, collection.shares());
};

/** Options of `mergeAnswers`. */
export interface MergeRequest extends PiecesRequest {
  /** Receives the number of answered pieces that are of no use: cut short, or answered twice. */
  readonly onPassedOver?: ((counts: { readonly damaged: number; readonly twice: number }) => void) | undefined;
}

/**
 * Makes the answers of all images from those about pieces, in any order: what `askAll` answers, to the bit where one kind of
 * processor has computed all of them. Lines that are cut short, as a process that was killed leaves them, are passed over,
 * and of a piece that was answered twice the second is.
 *
 * @param lines JSON of what `answerPieces` yields.
 * @throws UserError where a piece is missing, with the names of all that are; where lines are of other questions or options,
 *   another student, or the cache as it was at another time.
 */
export const mergeAnswers = async (
  student: Model,
  cache: ImageCache,
  { questions, options = {}, onPassedOver }: MergeRequest,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<QuestionResult[]> => {
  await using predictor = await openPredictor(student, { threads: 1 });
  const work = workOf(student, predictor, cache, { questions, options });
  const collection = openCollection(work.answers, cache, work.plan);
  const merged = new Map<number, Piece>();
  const passedOver = { damaged: 0, twice: 0 };
  for await (const line of lines) {
    const found = sharesIn(line, work);
    const piece = found && pieceOf(found.piece, work);
    if (!piece) passedOver.damaged += Number(line.trim() !== '');
    else if (isNew(merged, piece)) collection.join(found.shares, piece.end - piece.first);
    else passedOver.twice += 1;
  }
  if (passedOver.damaged + passedOver.twice > 0) onPassedOver?.(passedOver);
  checkWhole([...merged.values()], work);
  return await collection.finish();
};

/** Adds a piece; false where it is there already. @throws UserError where only a part of it is. */
const isNew = (merged: Map<number, Piece>, piece: Piece): boolean => {
  const same = merged.get(piece.first);
  if (same?.end === piece.end) return false;
  const other = same ?? [...merged.values()].find(({ first, end }) => first < piece.end && piece.first < end);
  if (other)
    throw new UserError(`pieces ${nameOf(other)} and ${nameOf(piece)} have images in common: merge those of one list`);
  merged.set(piece.first, piece);
  return true;
};

/** Most names in an error. */
const MOST_NAMES = 100;

/** @throws UserError that names what is missing. */
const checkWhole = (pieces: readonly Piece[], { state, count }: PieceContext): void => {
  const sorted = pieces.toSorted((a, b) => a.first - b.first);
  const ends = [0, ...sorted.map(({ end }) => end)];
  const begins = [...sorted.map(({ first }) => first), count];
  const usual = Math.max(...sorted.map(({ first, end }) => end - first), 0) || USUAL;
  const missing = begins.flatMap((end, i) =>
    end > ends[i]! ? namesBetween({ first: ends[i]!, end, state }, usual) : [],
  );
  if (missing.length === 0) return;
  const more = missing.length > MOST_NAMES ? [`… and ${missing.length - MOST_NAMES} more`] : [];
  throw new UserError(`pieces are missing: answer these, and merge them with the others:`, {
    list: [...missing.slice(0, MOST_NAMES), ...more],
  });
};
