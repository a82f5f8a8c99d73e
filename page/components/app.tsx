import { useState } from 'preact/hooks';
import { keepKey, openSource } from '../open-source.ts';
import type { Source } from '../source.ts';
import { useLoaded } from '../state/use-loaded.ts';
import { useSearch } from '../state/use-search.ts';
import { Collection } from './collection.tsx';
import { Failed, KeyForm } from './failed.tsx';
import { Skeleton } from './skeleton.tsx';

/** The page: finds what answers here, then shows its pictures. */
export const App = () => {
  const [search, change] = useSearch();
  const [keys, setKeys] = useState(0);
  const opened = useLoaded(`${keys} ${search.collection ?? ''}`, async (signal) => {
    const source: Source = await openSource(search.collection);
    return { source, about: await source.about(signal) };
  });
  if (opened.error?.kind === 'key') {
    const onKey = (key: string): void => {
      keepKey(key);
      setKeys((before) => before + 1);
    };
    return <KeyForm isWrong={keys > 0} onKey={onKey} />;
  }
  if (opened.error)
    return (
      <main class="alone">
        <h1 class="unseen">Pictures</h1>
        <Failed error={opened.error} onRetry={opened.retry} />
      </main>
    );
  if (!opened.value) return <Skeleton />;
  const { source, about } = opened.value;
  return <Collection key={about.collection} {...{ source, about, search, change }} />;
};
