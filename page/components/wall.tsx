import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cornerOf, type GridLayout, layoutOf, tileAfterKey, tilesBetween } from '../logic/virtual-grid.ts';
import { type Corner, moveTiles } from '../state/move-tiles.ts';
import type { Thumbnails } from '../state/thumbnails.ts';
import type { TileList } from '../state/tiles.ts';
import { TileButton } from './tile-button.tsx';

interface Props {
  readonly tiles: TileList;
  /** Description of what the wall shows. */
  readonly label: string;
  readonly thumbnails: Thumbnails | undefined;
  readonly isStale: boolean;
  readonly onOpen: (path: string) => void;
}

/** Pixels above and below the window in which tiles are made before they are seen. */
const AHEAD = 600;

/** Pixels of the answer below a picture. */
const CAPTION = 28;

/** Pictures in rows, of which only those near the window are in the document. Arrow keys walk among them. */
export const Wall = ({ tiles, label, thumbnails, isStale, onOpen }: Props) => {
  const wall = useRef<HTMLUListElement>(null);
  const layout = useGrid(wall, tiles);
  const { from, to } = useSeen(wall, layout);
  const [active, setActive] = useState(0);
  const current = Math.min(active, Math.max(0, tiles.count - 1));
  useEffect(() => tiles.need?.(from, to), [tiles, from, to]);
  useEffect(() => setActive(0), [tiles]);
  useMoves(wall, { tiles, layout, from, to });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = tileAfterKey(layout, current, event.key, Math.floor(innerHeight / layout.pitch) - 1);
    if (next === undefined) return;
    event.preventDefault();
    setActive(next);
    focusTile(wall.current!, layout, next);
  };
  const places = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  return (
    <ul
      ref={wall}
      class={isStale ? 'wall stale' : 'wall'}
      aria-label={label}
      aria-busy={isStale}
      style={{ height: `${layout.height}px` }}
      onKeyDown={onKeyDown}
    >
      {places.map((index) => {
        const tile = tiles.at(index);
        return (
          <TileButton
            key={tile?.path ?? index}
            {...{ tile, index, thumbnails, onOpen }}
            count={tiles.count}
            side={layout.side}
            corner={cornerOf(layout, index)}
            isActive={index === current}
          />
        );
      })}
    </ul>
  );
};

/** Moves tiles after their order has changed; while they stay in their order nothing moves, however the window scrolls. */
const useMoves = (
  wall: { readonly current: HTMLElement | null },
  { tiles, layout, from, to }: { tiles: TileList; layout: GridLayout; from: number; to: number },
): void => {
  const before = useRef<{ tiles: TileList; corners: Map<string, Corner> }>(undefined);
  useLayoutEffect(() => {
    const corners = new Map<string, Corner>();
    for (let index = from; index < to; index += 1) {
      const tile = tiles.at(index);
      if (tile) corners.set(tile.path, cornerOf(layout, index));
    }
    if (before.current && before.current.tiles !== tiles) moveTiles(wall.current!, before.current.corners, corners);
    before.current = { tiles, corners };
  });
};

/** Moves the window to a tile, and the focus to it once it is there. */
const focusTile = (wall: HTMLElement, layout: GridLayout, index: number): void => {
  const top = wall.getBoundingClientRect().top + scrollY + cornerOf(layout, index).y;
  const bar = document.querySelector('.bar')?.getBoundingClientRect().height ?? 0;
  if (top - bar < scrollY) scrollTo({ top: top - bar - layout.gap });
  else if (top + layout.side > scrollY + innerHeight) scrollTo({ top: top + layout.side + layout.gap - innerHeight });
  requestAnimationFrame(() =>
    requestAnimationFrame(() =>
      wall.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true }),
    ),
  );
};

const useGrid = (wall: { readonly current: HTMLElement | null }, { count, hasCaptions }: TileList): GridLayout => {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => setWidth(wall.current!.clientWidth);
    const observer = new ResizeObserver(measure);
    observer.observe(wall.current!);
    measure();
    return () => observer.disconnect();
  }, [wall]);
  const isNarrow = width < 560;
  return layoutOf(width, count, {
    ...{ least: isNarrow ? 100 : 150, gap: isNarrow ? 6 : 10, columns: 3 },
    caption: hasCaptions ? CAPTION : 0,
  });
};

/** The tiles near the window. */
const useSeen = (wall: { readonly current: HTMLElement | null }, layout: GridLayout) => {
  const [seen, setSeen] = useState({ from: 0, to: 0 });
  useLayoutEffect(() => {
    const look = (): void => {
      const top = -wall.current!.getBoundingClientRect().top;
      const next = tilesBetween(layout, top - AHEAD, top + innerHeight + AHEAD);
      setSeen((before) => (before.from === next.from && before.to === next.to ? before : next));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  });
  return { from: Math.min(seen.from, layout.count), to: Math.min(seen.to, layout.count) };
};
