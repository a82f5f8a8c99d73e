import { useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { counted } from '../logic/format.ts';
import { byFolder, type Labelled, withPictures } from './lesson.ts';

interface Props {
  readonly labelled: readonly Labelled[];
  readonly isLocked: boolean;
  readonly onChange: (labelled: readonly Labelled[]) => void;
}

/** The pictures and their answers: a folder whose folders are answers, or pictures under an answer that is typed. */
export const Labels = ({ labelled, isLocked, onChange }: Props) => {
  const [folder, pictures] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const [answer, setAnswer] = useState('');
  const named = answer.trim().toLowerCase();
  const addFolder = (chosen: readonly File[]): void => {
    let all = labelled;
    for (const [label, found] of byFolder(chosen)) all = withPictures(all, label, found);
    onChange(all);
  };
  const addPictures = (chosen: readonly File[]): void => {
    const images = chosen.filter(({ type }) => type.startsWith('image/'));
    if (named !== '' && images.length > 0) onChange(withPictures(labelled, named, images));
    setAnswer('');
  };
  const filesOf = (event: Event): File[] => [...((event.currentTarget as HTMLInputElement).files ?? [])];
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    if (!isLocked) addPictures([...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <section aria-label="Pictures" onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <div class="row">
        <label class="field">
          Answer
          <input
            value={answer}
            disabled={isLocked}
            placeholder="cat"
            onInput={(e) => setAnswer(e.currentTarget.value)}
          />
        </label>
        <input
          {...{ ref: pictures, type: 'file', accept: 'image/*', multiple: true, hidden: true }}
          aria-label="Pictures of this answer"
          onChange={(event) => addPictures(filesOf(event))}
        />
        <button
          type="button"
          class="button"
          disabled={isLocked || named === ''}
          onClick={() => pictures.current!.click()}
        >
          <Icon name="plus" />
          Its pictures
        </button>
        <span class="quiet">or</span>
        <input
          {...{ ref: folder, type: 'file', multiple: true, hidden: true, webkitdirectory: true }}
          aria-label="A folder of folders"
          onChange={(event) => addFolder(filesOf(event))}
        />
        <button type="button" class="button" disabled={isLocked} onClick={() => folder.current!.click()}>
          <Icon name="plus" />A folder whose folders are the answers
        </button>
      </div>
      <ul class="labels">
        {labelled.map((one) => (
          <Label
            key={one.answer}
            one={one}
            isLocked={isLocked}
            onRemove={() => onChange(labelled.filter((other) => other !== one))}
          />
        ))}
      </ul>
    </section>
  );
};

/** Small pictures that are shown of an answer. */
const SHOWN = 5;

const Label = ({
  one: { answer, files },
  isLocked,
  onRemove,
}: {
  readonly one: Labelled;
  readonly isLocked: boolean;
  readonly onRemove: () => void;
}) => {
  const urls = useMemo(() => files.slice(0, SHOWN).map((file) => URL.createObjectURL(file)), [files]);
  return (
    <li>
      <strong>{answer}</strong>
      <span class="quiet">{counted(files.length, 'picture')}</span>
      <span class="samples">
        {urls.map((url) => (
          <img key={url} src={url} alt="" />
        ))}
      </span>
      <button type="button" class="plain" disabled={isLocked} aria-label={`Remove ${answer}`} onClick={onRemove}>
        <Icon name="cross" />
      </button>
    </li>
  );
};
