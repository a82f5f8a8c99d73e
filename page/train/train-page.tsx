import { useState } from 'preact/hooks';
import { ThemeButton } from '../components/theme-button.tsx';
import { counted, duration } from '../logic/format.ts';
import { files } from '../tab/site.ts';
import { Curves } from './curves.tsx';
import { Labels } from './labels.tsx';
import type { Labelled } from './lesson.ts';
import { type Training, useTraining } from './use-training.ts';

/** The page on which a student learns somebody's own pictures. */
export const TrainPage = () => {
  const [labelled, setLabelled] = useState<readonly Labelled[]>([]);
  const [question, setQuestion] = useState('what is this?');
  const [updates, setUpdates] = useState(100);
  const [teacher, setTeacher] = useState<File>();
  const training = useTraining();
  const isLocked = training.state === 'prepares' || training.state === 'runs';
  const canStart = labelled.length >= 2 && question.trim() !== '' && updates >= 1 && !isLocked;
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const student = new URL(files.student, document.baseURI).href;
    if (canStart) void training.start({ student, question, labelled, teacher, updates });
  };
  return (
    <>
      <header class="bar">
        <a class="brand" href="./index.html">
          DiDE
        </a>
        <div class="tools">
          <ThemeButton />
        </div>
      </header>
      <main class="train">
        <h1 class="greeting">Teach it your pictures</h1>
        <p class="quiet">
          Give each answer some pictures. The student of this site learns them in this tab: nothing leaves your machine.
        </p>
        <form onSubmit={onSubmit}>
          <label class="field">
            Question
            <input value={question} disabled={isLocked} onInput={(event) => setQuestion(event.currentTarget.value)} />
          </label>
          <Labels {...{ labelled, isLocked }} onChange={setLabelled} />
          <div class="row">
            <label class="field">
              Updates
              <input
                type="number"
                min={1}
                max={10_000}
                value={updates}
                disabled={isLocked}
                onInput={(event) => setUpdates(event.currentTarget.valueAsNumber || 0)}
              />
            </label>
            <label class="field">
              Teacher, a safetensors file (optional)
              <input
                type="file"
                accept=".safetensors"
                disabled={isLocked}
                onChange={(event) => setTeacher(event.currentTarget.files?.[0])}
              />
            </label>
            <button type="submit" class="button strong" disabled={!canStart}>
              {training.steps.length > 0 ? 'Start anew' : 'Start'}
            </button>
          </div>
          {labelled.length < 2 && <p class="quiet">Two answers are needed at least.</p>}
        </form>
        <Progress training={training} />
      </main>
    </>
  );
};

const Progress = ({ training }: { readonly training: Training }) => {
  const { state, steps, prepared, read, failure, stop, goOn, save } = training;
  if (state === 'new') return null;
  const download = async (): Promise<void> => {
    const file = await save();
    if (!file) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = 'student.safetensors';
    link.click();
    // a download that has not begun yet would find nothing
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  return (
    <section class="progress" aria-label="Training">
      <p role="status">{statusOf(training)}</p>
      {state === 'prepares' && <progress value={read} aria-label="Pictures read" />}
      {failure !== undefined && (
        <p role="alert" class="warning">
          {failure}
        </p>
      )}
      {prepared?.warnings.map((warning) => (
        <p key={warning} class="warning">
          {warning}
        </p>
      ))}
      <Curves steps={steps} />
      <div class="row">
        {state === 'runs' && (
          <button type="button" class="button" onClick={stop}>
            Stop
          </button>
        )}
        {state === 'waits' && (
          <button type="button" class="button" onClick={() => void goOn()}>
            Continue
          </button>
        )}
        {(state === 'waits' || state === 'done') && (
          <button type="button" class="button strong" onClick={() => void download()}>
            Save the student
          </button>
        )}
      </div>
      {state === 'done' && (
        <p class="quiet">
          The file opens with <code>dide answer student.safetensors PICTURE "QUESTION"</code>.
        </p>
      )}
    </section>
  );
};

const statusOf = ({ state, steps, prepared }: Training): string => {
  if (state === 'prepares') return 'Reading the pictures';
  if (state === 'failed') return 'It stopped';
  const last = steps.at(-1);
  const { learnt = 0, apart = 0 } = prepared ?? {};
  const on =
    apart > 0 ? `right answers of ${counted(apart, 'picture')} that it does not learn` : 'right answers of the same';
  if (!last) return `Learning ${counted(learnt, 'picture')}: making ready`;
  const mean = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / steps.length;
  const left = state === 'runs' ? `, about ${duration(mean * (last.of - last.number))} left` : '';
  return `${last.number} of ${counted(last.of, 'update')}${left}; learns ${counted(learnt, 'picture')}, ${on}`;
};
