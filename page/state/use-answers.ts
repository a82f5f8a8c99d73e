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
  /** Pictures that are done, and all, while a question takes long. */
  readonly progress: readonly [done: number, of: number] | undefined;
}

/**
 * Asks a search's question, once: cuts and orders are made of its answers where all are there. Of more pictures than are
 * held at once each cut and each order is asked for.
 */
export const useAnswers = (source: Source, search: Search, version: number): ShownAnswers => {
  const question = questionOf(search);
  const isAsked = question.question !== '' && search.like === undefined;
  const [progress, setProgress] = useState<readonly [number, number]>();
  const [isPart, setIsPart] = useState(false);
  const chosen = isPart ? [search.atLeast, search.sort] : [];
  const key = JSON.stringify([question, question.answer === undefined, search.filter, search.groups, version, chosen]);
  const { value: asked, ...loaded } = useLoaded(isAsked ? key : undefined, async (signal) => {
    setProgress(undefined);
    const said = await source.ask(
      question,
      {
        filter: search.filter,
        sort: isPart ? search.sort : 'probability',
        atLeast: isPart ? (search.atLeast ?? 0) : 0,
        top: TOP,
        nearDuplicates: search.groups ? NEAR : undefined,
        onProgress: (done, of) => setProgress([done, of]),
      },
      signal,
    );
    if (!isPart && !isWhole(said)) setIsPart(true);
    return said;
  });
  const atLeast =
    asked && asked.histogram.length === 0 && asked.answer === undefined
      ? -1
      : (search.atLeast ?? usualCut(asked?.answer));
  const answers = useMemo(
    () => (asked ? cutAndSorted(asked.answers, { atLeast, sort: search.sort }) : []),
    [asked, atLeast, search.sort],
  );
  const tiles = useMemo(() => (asked ? tilesOf(answers) : undefined), [asked, answers]);
  const shown = isPart && asked ? asked.found : picturesIn(answers);
  return { ...loaded, asked, answers, tiles, atLeast, shown, progress };
};
