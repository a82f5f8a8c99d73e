import { useEffect, useRef, useState } from 'preact/hooks';
import { counted } from '../logic/format.ts';
import type { Source } from '../source.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly add: NonNullable<Source['add']>;
  readonly onAdded: () => void;
}

/** Outcome for the files that were added. */
interface Outcome {
  readonly of: number;
  readonly added: number;
  readonly known: number;
  readonly failures: readonly string[];
}

/** A button that adds pictures, and the whole window as a place to drop them. */
export const AddPictures = ({ add, onAdded }: Props) => {
  const chooser = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>();
  const isAdding = outcome !== undefined && doneOf(outcome) < outcome.of;
  const addAll = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return;
    let now: Outcome = { of: files.length, added: 0, known: 0, failures: [] };
    setOutcome(now);
    for (const file of files) {
      now = await outcomeOf(add, file, now);
      setOutcome(now);
    }
    if (now.added > 0) onAdded();
  };
  const isOver = useDrop(addAll);
  return (
    <>
      <input
        ref={chooser}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label="Pictures to add"
        onChange={(event) => {
          void addAll([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <button type="button" class="button" disabled={isAdding} onClick={() => chooser.current!.click()}>
        <Icon name="plus" />
        Add pictures
      </button>
      {isOver && (
        <div class="drop" aria-hidden="true">
          <p>Drop pictures to add them</p>
        </div>
      )}
      {outcome && <Toast outcome={outcome} onClose={() => setOutcome(undefined)} />}
    </>
  );
};

const doneOf = ({ added, known, failures }: Outcome): number => added + known + failures.length;

const outcomeOf = async (add: Props['add'], file: File, before: Outcome): Promise<Outcome> => {
  try {
    const { isNew } = await add(file, file.name);
    return isNew ? { ...before, added: before.added + 1 } : { ...before, known: before.known + 1 };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...before, failures: [...before.failures, `${file.name}: ${message}`] };
  }
};

const Toast = ({ outcome, onClose }: { readonly outcome: Outcome; readonly onClose: () => void }) => {
  const { of, added, known, failures } = outcome;
  const done = doneOf(outcome);
  return (
    <div class="toast" role="status">
      <div>
        <p>
          {done < of
            ? `Adding ${counted(of, 'picture')}: ${done} done`
            : `${counted(added, 'picture')} added${known > 0 ? `, ${known} there already` : ''}.`}
        </p>
        {done < of && <progress value={done} max={of} aria-label="Pictures added" />}
        {failures.map((failure) => (
          <p key={failure} class="warning">
            {failure}
          </p>
        ))}
      </div>
      {done === of && (
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>
          <Icon name="cross" />
        </button>
      )}
    </div>
  );
};

/** Whether files are held over the window; takes them as they are dropped. */
const useDrop = (onFiles: (files: readonly File[]) => void): boolean => {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const onOver = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(false);
      onFiles([...event.dataTransfer!.files].filter(({ type }) => type.startsWith('image/')));
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  });
  return isOver;
};
