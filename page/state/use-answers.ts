import { useMemo, useState } from 'preact/hooks';
import { cutAndSorted, isWhole, picturesIn, usualCut } from '../logic/results.ts';
import { questionOf, type Search } from '../logic/search-state.ts';
import type { Asked, PictureAnswer, Source } from '../source.ts';
import { type TileList, tilesOf } from './tiles.ts';
import { type Loaded, useLoaded } from './use-loaded.ts';

/** Most answers that are held, and so cut and sorted without asking again. */
const TOP = 10_000;
/** Cosine distance up to which pictures are near-duplicates. */
const NEAR = 0.01;

/** The answers to a search, as they are shown. */
export interface ShownAnswers extends Omit<Loaded<unknown>, 'value'> {
  readonly asked: Asked | undefined;
  /** Those from the cut up, in their order. */
  readonly answers: readonly PictureAnswer[];
  readonly tiles: TileList | undefined;
  readonly atLeast: number;
  /** Number of pictures from the cut up. */
  readonly shown: number;
  /** Number of those that are too many for the wall. */
  readonly beyond: number;
  /** Pictures that are done, and all, while a question takes long. */
  readonly progress: readonly [done: number, of: number] | undefined;
}

/**
 * Asks a search's question, once: cuts and orders are made of its answers where all are there. Of more pictures than are
 * held at once each cut and each order is asked for.
 */
export const useAnswers = (
  source: Source,
  search: Search,
  { version, isScored }: { readonly version: number; readonly isScored: boolean },
): ShownAnswers => {
  const question = questionOf(search);
  const isAsked = question.question !== '' && search.like === undefined;
  const [progress, setProgress] = useState<readonly [number, number]>();
  const whole = JSON.stringify([question, question.answer === null, search.filter, search.groups, version]);
  // the question of which not all answers were returned, and the answer that it meant
  const [part, setPart] = useState<{ readonly whole: string; readonly answer: string | undefined }>();
  const isPart = part?.whole === whole;
  const cut = search.atLeast ?? usualCut(part?.answer);
  const ranking = isPart ? { atLeast: cut, sort: search.sort } : { atLeast: 0, sort: 'probability' as const };
  const key = isPart ? whole + JSON.stringify(ranking) : whole;
  const { value: asked, ...loaded } = useLoaded(isAsked ? key : undefined, async (signal) => {
    setProgress(undefined);
    const nearDuplicates = search.groups ? NEAR : undefined;
    const onProgress = (done: number, of: number): void => setProgress([done, of]);
    const options = { ...ranking, filter: search.filter, top: TOP, nearDuplicates, onProgress };
    const said = await source.ask(question, options, signal);
    if (!isPart && !isWhole(said)) setPart({ whole, answer: said.answer });
    return said;
  });
  // a cosine cuts nothing
  const atLeast = isScored ? -1 : (search.atLeast ?? usualCut(asked?.answer));
  const answers = useMemo(
    () => (asked ? cutAndSorted(asked.answers, { atLeast, sort: search.sort }) : []),
    [asked, atLeast, search.sort],
  );
  const tiles = useMemo(() => (asked ? tilesOf(answers) : undefined), [asked, answers]);
  const held = picturesIn(answers);
  const shown = isPart && asked ? asked.found : held;
  return { ...loaded, asked, answers, tiles, atLeast, shown, beyond: shown - held, progress };
};
