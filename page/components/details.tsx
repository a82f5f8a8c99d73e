import { clockDate, fileName } from '../logic/format.ts';
import type { Search } from '../logic/search-state.ts';
import type { About, Source } from '../source.ts';
import type { Thumbnails } from '../state/thumbnails.ts';
import type { Tile, TileList } from '../state/tiles.ts';
import { useLoaded } from '../state/use-loaded.ts';
import type { ChangeSearch } from '../state/use-search.ts';
import { AnswerList } from './answer-list.tsx';
import { Attention } from './attention.tsx';
import { Icon } from './icon.tsx';
import { Modal } from './modal.tsx';
import { Strip } from './strip.tsx';
import { Thumbnail } from './tile-button.tsx';

interface Props {
  readonly source: Source;
  readonly about: About;
  readonly search: Search;
  readonly change: ChangeSearch;
  readonly thumbnails: Thumbnails | undefined;
  readonly tiles: TileList | undefined;
  readonly path: string;
}

const MOST_ANSWERS = 5;
const MOST_LIKE = 8;

/** One picture: what is answered about it, where the words look, and what is like it. */
export const Details = ({ source, about, search, change, thumbnails, tiles, path }: Props) => {
  const place = placeOf(tiles, path);
  const tile = place === undefined ? undefined : tiles!.at(place);
  const question = about.does === 'searches' ? '' : search.question;
  const answers = useLoaded(question && about.hasThumbnails ? `${path} ${question}` : undefined, (signal) =>
    source.answers(path, question, MOST_ANSWERS, signal),
  );
  const like = useLoaded(path, (signal) => source.like(path, MOST_LIKE, signal));
  const close = (): void => change({ open: undefined });
  const show = (other: string): void => change({ open: other }, 'within');
  const step = (by: -1 | 1): void => {
    const next = place === undefined ? undefined : tiles!.at(place + by);
    if (next) show(next.path);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowLeft') step(-1);
    if (event.key === 'ArrowRight') step(1);
  };
  return (
    <Modal label={fileName(path)} className="details" onClose={close} onKeyDown={onKeyDown}>
      <div class="title">
        <div>
          <h2>{fileName(path)}</h2>
          <p class="quiet">{describe(path, tile)}</p>
        </div>
        <nav aria-label="Pictures">
          <button type="button" class="plain" aria-label="Previous picture" disabled={!place} onClick={() => step(-1)}>
            <Icon name="left" />
          </button>
          <button
            type="button"
            class="plain"
            aria-label="Next picture"
            disabled={place === undefined || place + 1 >= tiles!.count}
            onClick={() => step(1)}
          >
            <Icon name="right" />
          </button>
          <button type="button" class="plain" aria-label="Close" onClick={close}>
            <Icon name="cross" />
          </button>
        </nav>
      </div>
      <div class="columns">
        <div class="picture">
          {thumbnails && <Thumbnail key={path} thumbnails={thumbnails} path={path} side={1024} />}
        </div>
        <div class="facts">
          {question !== '' && <AnswerList question={question} answers={answers} />}
          {question === '' && about.does !== 'searches' && (
            <p class="quiet">Ask a question, and here stands what it answers about this picture, and how sure it is.</p>
          )}
          {tile?.duplicates && tile.duplicates.length > 0 && (
            <Strip
              title="Near-duplicates"
              pictures={tile.duplicates.map((one) => ({ path: one }))}
              {...{ thumbnails, show }}
            />
          )}
        </div>
      </div>
      {question !== '' && source.explain && (
        <Attention key={`${path} ${question}`} explain={source.explain} {...{ path, question }} />
      )}
      {like.value && like.value.length > 0 && (
        <Strip title="Like this one" pictures={like.value} {...{ thumbnails, show }}>
          <button type="button" class="button" onClick={() => change({ like: path, open: undefined })}>
            Show all that are like it
          </button>
        </Strip>
      )}
    </Modal>
  );
};

const describe = (path: string, tile: Tile | undefined): string => {
  const folder = path.slice(0, Math.max(0, path.length - fileName(path).length - 1));
  return [folder, tile && clockDate(tile.date)].filter(Boolean).join(' · ');
};

/** Place of a picture among those of the wall. */
const placeOf = (tiles: TileList | undefined, path: string): number | undefined => {
  for (let i = 0; tiles && i < tiles.count; i += 1) if (tiles.at(i)?.path === path) return i;
  return undefined;
};
