import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Model } from '../../checkpoints/model-file.ts';
import { bytesOf } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { parseJson } from '../../files/json.ts';
import type { ImageCache } from '../image-cache.ts';
import { countedAnswers, type Share } from '../query/collect.ts';
import type { Plan } from '../query/questions.ts';

const resultSchema = z.object({
  question: z.string(),
  /** Images of the piece that reach the least probability. */
  found: z.number(),
  /** The first of them in the order that was asked for; all where near-duplicates are to be grouped. */
  answers: z.array(
    z.object({
      image: z.string(),
      /** Place of the image in the cache. */
      place: z.number(),
      answer: z.string(),
      probability: z.number(),
    }),
  ),
  histogram: z.array(z.object({ answer: z.string(), images: z.number() })).optional(),
  bars: z.array(z.number()).optional(),
});

const pieceSchema = z.object({
  piece: z.string(),
  /** Hash of student, questions and options. */
  asked: z.string(),
  results: z.array(resultSchema),
});

/** Answers to questions about the images of a piece. */
export type AnsweredPiece = z.infer<typeof pieceSchema>;

/** Hash of all on which the answers to a plan depend, beside the cache: every weight of the student, questions, options. */
export const askedOf = ({ config, weights, precision }: Model, { questions, scanned, options }: Plan): string => {
  const { threads: _threads, processes: _processes, onWarning: _w, onProgress: _p, ...rest } = options;
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([config.answers, precision ?? 'float32', config.sizes, questions, scanned, entriesOf(rest)]),
  );
  for (const [name, { data }] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(bytesOf(data));
  return hash.digest('hex').slice(0, 16);
};

/** Options in an order that does not depend on how they were given. */
const entriesOf = (options: object): [string, unknown][] =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** Question of a piece, and the images that it was asked of. */
export interface Asked {
  readonly plan: Plan;
  readonly cache: ImageCache;
  /** Answers of the student. */
  readonly answers: readonly string[];
  /** `askedOf` the student and the plan. */
  readonly asked: string;
}

/** The record of a piece. */
export const writtenPiece = (
  piece: string,
  { plan, cache, answers, asked }: Asked,
  shares: readonly Share[],
): AnsweredPiece => ({
  ...{ piece, asked },
  results: plan.questions.map(({ question, best }, i): AnsweredPiece['results'][number] => {
    const { found, candidates, counts, bars } = shares[i]!;
    return {
      ...{ question, found },
      answers: candidates.map(({ place, answer, score }) => ({
        ...{ image: cache.pathAt(place), place, answer: answers[answer]!, probability: score },
      })),
      ...(best === undefined ? {} : { histogram: countedAnswers(counts, answers) }),
      ...(plan.options.bars === undefined ? {} : { bars: [...bars] }),
    };
  }),
});

/** The shares of a record; undefined where the line is none. @throws UserError where it is of something else. */
export const sharesIn = (
  line: string,
  { asked, cache, answers: names }: Asked,
): { readonly piece: string; readonly shares: readonly Share[] } | undefined => {
  const parsed = pieceSchema.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const { piece, results } = parsed.data;
  if (parsed.data.asked !== asked)
    throw new UserError(
      `piece ${piece}: it was answered by another student, or with other questions or options: give the same to both commands`,
    );
  const index = new Map(names.map((name, i) => [name, i]));
  const shares = results.map(({ found, answers, histogram = [], bars = [] }): Share => {
    const counts = new Float64Array(names.length);
    for (const { answer, images } of histogram) counts[index.get(answer)!]! = images;
    const candidates = answers.map(({ image, place, answer, probability }) => {
      if (place >= cache.size || cache.pathAt(place) !== image)
        throw new UserError(
          `piece ${piece}: ${image} is another image now: ${cache.folder} has changed: list the pieces again`,
        );
      return { place, score: probability, answer: index.get(answer)! };
    });
    return { found, candidates, counts, bars: Float64Array.from(bars) };
  });
  return { piece, shares };
};
