import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { addressOf, type Search, searchOf } from '../logic/search-state.ts';

/** Changes a search: as a step to which the browser's back button returns, or within one. */
export type ChangeSearch = (change: Partial<Search>, how?: 'step' | 'within') => void;

/** A moved slider changes the address once it rests: browsers refuse many changes a second. */
const REST_MILLISECONDS = 300;

/** The search that the address of the page says, and how to change both. */
export const useSearch = (): readonly [Search, ChangeSearch] => {
  const [search, setSearch] = useState(() => searchOf(location.search));
  const current = useRef(search);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = useCallback((next: Search) => {
    current.current = next;
    setSearch(next);
  }, []);
  useEffect(() => {
    const onBack = (): void => show(searchOf(location.search));
    addEventListener('popstate', onBack);
    return () => removeEventListener('popstate', onBack);
  }, [show]);
  const change = useCallback<ChangeSearch>(
    (part, how = 'step') => {
      const next = { ...current.current, ...part };
      show(next);
      clearTimeout(timer.current);
      const address = (): string => location.pathname + addressOf(next);
      if (how === 'step') history.pushState(null, '', address());
      else timer.current = setTimeout(() => history.replaceState(null, '', address()), REST_MILLISECONDS);
    },
    [show],
  );
  return [search, change];
};
