import { useEffect, useRef } from 'preact/hooks';
import { fileName, percent } from '../logic/format.ts';
import type { Thumbnails } from '../state/thumbnails.ts';
import type { Tile } from '../state/tiles.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly tile: Tile | undefined;
  readonly index: number;
  readonly count: number;
  readonly side: number;
  readonly corner: { readonly x: number; readonly y: number };
  readonly isActive: boolean;
  readonly thumbnails: Thumbnails | undefined;
  readonly onOpen: (path: string) => void;
}

/** A picture of the wall with its answer; the button opens its details. */
export const TileButton = ({ tile, index, count, side, corner, isActive, thumbnails, onOpen }: Props) => (
  <li
    class="tile"
    aria-setsize={count}
    aria-posinset={index + 1}
    data-path={tile?.path}
    style={{ width: `${side}px`, left: `${corner.x}px`, top: `${corner.y}px` }}
  >
    {tile && (
      <button type="button" data-index={index} tabIndex={isActive ? 0 : -1} onClick={() => onOpen(tile.path)}>
        <span class="frame" style={{ height: `${side}px` }}>
          {thumbnails ? (
            <Thumbnail thumbnails={thumbnails} path={tile.path} side={256} />
          ) : (
            <span class="name">{tile.path}</span>
          )}
          {tile.duplicates && tile.duplicates.length > 0 && (
            <span class="behind">
              <Icon name="same" />
              {tile.duplicates.length + 1}
              <span class="unseen"> near-duplicates</span>
            </span>
          )}
        </span>
        <span class="unseen">{fileName(tile.path)} </span>
        {tile.probability !== undefined && <Caption {...tile} />}
      </button>
    )}
  </li>
);

/** An answer, how sure it is, and the same as a line; or how like another picture it is. */
const Caption = ({ answer, probability = 0 }: Pick<Tile, 'answer' | 'probability'>) => (
  <span class="caption">
    <span class="answer">{answer || 'alike'}</span> <span class="unseen">, </span>
    <span class="probability">{answer ? percent(probability) : probability.toFixed(2)}</span>
    <span class="meter" style={{ width: `${100 * Math.max(0, probability)}%` }} />
  </span>
);

interface ThumbnailProps {
  readonly thumbnails: Thumbnails;
  readonly path: string;
  readonly side: number;
}

/** A small image that appears once it is there. */
export const Thumbnail = ({ thumbnails, path, side }: ThumbnailProps) => {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const controller = new AbortController();
    const show = (address: string): void => {
      if (image.current) image.current.src = address;
    };
    const ready = thumbnails.ready(path, side);
    if (ready) show(ready);
    else
      thumbnails.load(path, side, controller.signal).then(show, () => {
        if (!controller.signal.aborted) image.current?.classList.add('missing');
      });
    return () => controller.abort();
  }, [thumbnails, path, side]);
  const onLoad = (): void => image.current?.classList.add('there');
  return <img ref={image} alt="" decoding="async" draggable={false} onLoad={onLoad} />;
};
