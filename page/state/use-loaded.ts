import { useCallback, useEffect, useState } from 'preact/hooks';
import { SourceError } from '../source.ts';

/** Something that is being fetched, or was. */
export interface Loaded<T> {
  /** The newest value; that of an earlier key while another is under way. */
  readonly value: T | undefined;
  readonly isLoading: boolean;
  readonly error: SourceError | undefined;
  readonly retry: () => void;
}

interface State<T> {
  readonly key: string | undefined;
  readonly value?: T | undefined;
  readonly error?: SourceError | undefined;
}

/**
 * Loads a value whenever its key changes, and gives up what is under way for an earlier one.
 *
 * @param key Says all that the value depends on; undefined: there is nothing to load.
 */
export const useLoaded = <T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>): Loaded<T> => {
  const [state, setState] = useState<State<T>>({ key: undefined });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (key === undefined) {
      setState({ key });
      return;
    }
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setState({ key, value });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState(({ value }) => ({ key, value, error: asSourceError(error) }));
      },
    );
    return () => controller.abort();
  }, [key, tries]);
  const retry = useCallback(() => {
    setState(({ value }) => ({ key: undefined, value }));
    setTries((before) => before + 1);
  }, []);
  return {
    value: key === undefined ? undefined : state.value,
    isLoading: key !== undefined && state.key !== key,
    error: state.key === key ? state.error : undefined,
    retry,
  };
};

const asSourceError = (error: unknown): SourceError =>
  error instanceof SourceError
    ? error
    : new SourceError('fault', error instanceof Error ? error.message : String(error), { cause: error });
