import { useState } from 'preact/hooks';
import type { FailureKind, SourceError } from '../source.ts';

const advice: Readonly<Record<FailureKind, string>> = {
  key: 'Give a key.',
  busy: 'Others are asking, too. It will be free in a moment.',
  unreachable: 'Look whether dide serve still runs, and whether you are connected.',
  taken: 'Give it another name.',
  refused: 'Nothing was changed. You can put it in other words.',
  fault: 'This is a fault of the server; its log says more.',
};

const titles: Readonly<Record<FailureKind, string>> = {
  key: 'A key is needed',
  busy: 'The server is busy',
  unreachable: 'The server does not answer',
  taken: 'There is a picture of this name',
  refused: 'That cannot be answered',
  fault: 'Something went wrong',
};

/** A failure, what to do about it, and a way to try again. */
export const Failed = ({ error, onRetry }: { readonly error: SourceError; readonly onRetry: () => void }) => (
  <section class="note" role="alert">
    <h2>{titles[error.kind]}</h2>
    {error.kind !== 'unreachable' && <p>{error.message}</p>}
    <p class="quiet">{advice[error.kind]}</p>
    <button type="button" class="button" onClick={onRetry}>
      Try again
    </button>
  </section>
);

/** Asks for the key of a service. */
export const KeyForm = ({ isWrong, onKey }: { readonly isWrong: boolean; readonly onKey: (key: string) => void }) => {
  const [key, setKey] = useState('');
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    if (key.trim() !== '') onKey(key);
  };
  return (
    <main class="alone">
      <form class="note" onSubmit={onSubmit}>
        <h1>These pictures need a key</h1>
        <p class="quiet">Whoever runs this server made it with dide key. It is kept until you close this tab.</p>
        {isWrong && <p role="alert">That key is not known here.</p>}
        <label class="field">
          Key
          <input
            type="password"
            autocomplete="off"
            placeholder="dide_…"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button strong">
          Open
        </button>
      </form>
    </main>
  );
};
