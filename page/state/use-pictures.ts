import { useEffect, useRef, useState } from 'preact/hooks';
import type { Picture, PictureFilter, PictureRange, Source } from '../source.ts';
import type { TileList } from './tiles.ts';
import { useLoaded } from './use-loaded.ts';

/** Pictures that are listed at once. */
const PAGE = 500;
/** Most pictures of a wall: browsers draw nothing below some tens of millions of pixels. */
const MOST = 100_000;

/** All pictures that a filter lets through, in an order, listed as they come into sight. */
export const usePictures = (
  source: Source | undefined,
  filter: PictureFilter,
  { sort, version }: { readonly sort: PictureRange['sort']; readonly version: number },
) => {
  const key = source && JSON.stringify([filter, sort, version]);
  const pages = useRef({ key, pictures: new Map<number, Picture>(), asked: new Set<number>() });
  const [, setArrived] = useState(0);
  const first = useLoaded(key, (signal) => source!.pictures(filter, { from: 0, count: PAGE, sort }, signal));
  const [shown, setShown] = useState<{ readonly tiles: TileList; readonly total: number }>();
  useEffect(() => {
    if (!first.value || first.isLoading || !source) return;
    const held = { key, pictures: new Map(first.value.pictures.entries()), asked: new Set([0]) };
    pages.current = held;
    const need = (index: number): void => {
      const page = Math.floor(index / PAGE);
      if (held.asked.has(page)) return;
      held.asked.add(page);
      source.pictures(filter, { from: page * PAGE, count: PAGE, sort }).then(
        ({ pictures }) => {
          for (const [i, picture] of pictures.entries()) held.pictures.set(page * PAGE + i, picture);
          setArrived((before) => before + 1);
        },
        // asked for again when it comes into sight again
        () => held.asked.delete(page),
      );
    };
    const count = Math.min(MOST, first.value.total);
    const tiles: TileList = {
      count,
      hasCaptions: false,
      at: (index) => held.pictures.get(index),
      need: (from, to) => {
        for (let index = from; index < to; index += PAGE) need(index);
        if (to > from) need(to - 1);
      },
    };
    setShown({ tiles, total: first.value.total });
  }, [first.value, first.isLoading, source, key]);
  return { ...first, shown };
};
