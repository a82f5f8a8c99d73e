import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted, fileName } from '../logic/format.ts';
import { isOpen, type Search } from '../logic/search-state.ts';
import type { About, Source } from '../source.ts';
import { createThumbnails } from '../state/thumbnails.ts';
import { tilesOf } from '../state/tiles.ts';
import { useAnswers } from '../state/use-answers.ts';
import { useLoaded } from '../state/use-loaded.ts';
import { usePictures } from '../state/use-pictures.ts';
import type { ChangeSearch } from '../state/use-search.ts';
import { siteAddress } from '../tab/site.ts';
import { AddPictures } from './add-pictures.tsx';
import { AskBox } from './ask-box.tsx';
import { Cost } from './cost.tsx';
import { Cut } from './cut.tsx';
import { Details } from './details.tsx';
import { Failed } from './failed.tsx';
import { Filters } from './filters.tsx';
import { Icon } from './icon.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { NoAnswers, NoPictures } from './nothing.tsx';
import { SaveResults } from './save-results.tsx';
import { SkeletonWall } from './skeleton.tsx';
import { ThemeButton } from './theme-button.tsx';
import { Wall } from './wall.tsx';

interface Props {
  readonly source: Source;
  readonly about: About;
  readonly search: Search;
  readonly change: ChangeSearch;
}

/** Most pictures that are shown as like another one. */
const MOST_LIKE = 500;

/** A collection: the box, what is chosen, the wall, and the details of a picture over it. */
export const Collection = ({ source, about, search, change }: Props) => {
  const [version, setVersion] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const [keysShown, setKeysShown] = useState(false);
  const thumbnails = useMemo(() => (about.hasThumbnails ? createThumbnails(source) : undefined), [source, about]);
  const sort = search.sort === 'path' ? 'path' : 'date';
  const pictures = usePictures(source, search.filter, { sort, version });
  const answers = useAnswers(source, search, { version, isScored: about.does === 'searches' });
  const like = useLoaded(search.like && `${version} ${search.like}`, (signal) =>
    source.like(search.like!, MOST_LIKE, signal),
  );
  const likeTiles = useMemo(
    () =>
      like.value && tilesOf(like.value.map(({ similarity, ...picture }) => ({ ...picture, probability: similarity }))),
    [like.value],
  );
  const isAsked = search.question !== '' && search.like === undefined;
  const loaded = search.like !== undefined ? like : isAsked ? answers : pictures;
  const tiles = search.like !== undefined ? likeTiles : isAsked ? answers.tiles : pictures.shown?.tiles;
  const onOpen = useCallback((path: string) => change({ open: path }), [change]);
  useShortcuts({ onAsk: () => box.current?.focus(), onKeys: () => setKeysShown(true) });
  useEffect(() => scrollTo({ top: 0 }), [search.question, search.conditions, search.like, search.sort]);
  const label = search.like ? `Pictures like ${fileName(search.like)}` : isAsked ? 'Answers' : 'Pictures';
  const total = pictures.shown?.total ?? about.pictures;
  return (
    <>
      <header class="bar">
        <a class="brand" href="." title="All pictures" onClick={(event) => toStart(event, change)}>
          DiDE
        </a>
        <AskBox {...{ about, search, change, box }} isAsking={answers.isLoading} />
        <div class="tools">
          <button type="button" class="plain" title="Keys (?)" aria-label="Keys" onClick={() => setKeysShown(true)}>
            <Icon name="keys" />
          </button>
          {siteAddress() !== undefined && (
            <a class="plain" href="./train.html">
              Teach it
            </a>
          )}
          <ThemeButton />
        </div>
      </header>
      <main aria-busy={loaded.isLoading}>
        <h1 class={isAsked || search.like ? 'unseen' : 'greeting'}>
          {isAsked
            ? search.question
            : search.like
              ? label
              : isOpen(search.filter)
                ? `${counted(total, 'picture')}. Ask them anything.`
                : `${counted(total, 'picture')} of ${counted(about.pictures, 'picture')}.`}
        </h1>
        {!isAsked && !search.like && about.examples && <Examples examples={about.examples} change={change} />}
        {search.like && (
          <p class="sentence">
            Like <strong>{fileName(search.like)}</strong>, the most alike first{' '}
            <button type="button" class="plain" onClick={() => change({ like: undefined })}>
              Show all
            </button>
          </p>
        )}
        {isAsked && answers.asked && (
          <Cut {...{ about, search, change }} asked={answers.asked} atLeast={answers.atLeast} shown={answers.shown} />
        )}
        <div class="row">
          {!search.like && <Filters {...{ about, search, change }} />}
          <div class="actions">
            {isAsked && answers.asked && answers.answers.length > 0 && (
              <SaveResults search={search} answers={answers.answers} />
            )}
            {source.add && <AddPictures add={source.add} onAdded={() => setVersion((before) => before + 1)} />}
          </div>
        </div>
        {isAsked && answers.asked && (
          <Cost
            {...{ about, asked: answers.asked, progress: answers.progress, isAsking: answers.isLoading }}
            onWall={answers.beyond > 0 ? answers.shown - answers.beyond : undefined}
          />
        )}
        {loaded.error && <Failed error={loaded.error} onRetry={loaded.retry} />}
        {!tiles && !loaded.error && <SkeletonWall />}
        {tiles && tiles.count > 0 && (
          <Wall {...{ tiles, label, thumbnails, onOpen }} isStale={loaded.isLoading || loaded.error !== undefined} />
        )}
        {tiles &&
          tiles.count === 0 &&
          !loaded.isLoading &&
          !loaded.error &&
          (isAsked && answers.asked?.asked ? (
            <NoAnswers asked={answers.asked} atLeast={answers.atLeast} change={change} />
          ) : (
            <NoPictures about={about} search={search} change={change} />
          ))}
      </main>
      {search.open !== undefined && (
        <Details {...{ source, about, search, change, thumbnails, tiles }} path={search.open} />
      )}
      {keysShown && <KeysDialog onClose={() => setKeysShown(false)} />}
    </>
  );
};

const toStart = (event: MouseEvent, change: ChangeSearch): void => {
  if (event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  change({
    question: '',
    conditions: [],
    answer: undefined,
    atLeast: undefined,
    like: undefined,
    open: undefined,
    filter: {},
  });
};

const Examples = ({ examples, change }: { readonly examples: readonly string[]; readonly change: ChangeSearch }) => (
  <p class="examples">
    {examples.map((question) => (
      <button key={question} type="button" class="button" onClick={() => change({ question })}>
        {question}
      </button>
    ))}
  </p>
);

/** `/` leads to the box, `?` to the list of keys, from wherever nobody is writing. */
const useShortcuts = ({ onAsk, onKeys }: { readonly onAsk: () => void; readonly onKeys: () => void }): void => {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof HTMLElement && target.closest('input:not([type=range], [type=checkbox]), select, dialog'))
        return;
      if (key !== '/' && key !== '?') return;
      event.preventDefault();
      (key === '/' ? onAsk : onKeys)();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
};
