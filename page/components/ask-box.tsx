import type { Ref } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { FurtherCondition, Search } from '../logic/search-state.ts';
import type { About } from '../source.ts';
import type { ChangeSearch } from '../state/use-search.ts';
import { Icon } from './icon.tsx';

const placeholders: Readonly<Record<About['does'], string>> = {
  answers: 'Ask your pictures: is there a …?  what color is …?',
  judges: 'Say something that may be true: two people are outside',
  searches: 'Describe what you look for',
};

interface Props {
  readonly about: About;
  readonly search: Search;
  readonly change: ChangeSearch;
  readonly isAsking: boolean;
  /** The box itself, which a key leads to. */
  readonly box: Ref<HTMLInputElement>;
}

/** The box to ask in, and the lines of further conditions. They are asked together, by the Enter key. */
export const AskBox = ({ about, search, change, isAsking, box }: Props) => {
  const [question, setQuestion] = useState(search.question);
  const [conditions, setConditions] = useState(search.conditions);
  useEffect(() => {
    setQuestion(search.question);
    setConditions(search.conditions);
  }, [search.question, search.conditions]);
  const ask = (some: readonly FurtherCondition[] = conditions): void => {
    const isOther = question.trim() !== search.question;
    // another question begins with the usual cut and answer
    const fresh = isOther ? { atLeast: undefined, answer: undefined } : {};
    const withWords = some.filter((condition) => condition.question.trim() !== '');
    change({ ...fresh, question: question.trim(), conditions: withWords, like: undefined, open: undefined });
  };
  const edit = (at: number, part: Partial<FurtherCondition>): void =>
    setConditions(conditions.map((condition, i) => (i === at ? { ...condition, ...part } : condition)));
  const remove = (at: number): void => {
    const rest = conditions.filter((_, i) => i !== at);
    setConditions(rest);
    if (rest.length < search.conditions.length) ask(rest);
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    ask();
  };
  return (
    <search class="ask">
      <form onSubmit={onSubmit}>
        <div class={isAsking ? 'box asking' : 'box'}>
          <Icon name="search" />
          <input
            ref={box}
            class="question"
            type="search"
            enterkeyhint="search"
            aria-label="Question"
            placeholder={placeholders[about.does]}
            maxLength={2000}
            autocomplete="off"
            value={question}
            onInput={(event) => setQuestion(event.currentTarget.value)}
          />
          {question.trim() !== '' && (
            <button
              type="button"
              class="plain"
              title="Add a condition"
              aria-label="Add a condition"
              onClick={() => setConditions([...conditions, { kind: 'and', question: '' }])}
            >
              <Icon name="plus" />
            </button>
          )}
          <button type="submit" class="button strong">
            Ask
          </button>
        </div>
        {conditions.map((condition, i) => (
          <ConditionLine
            key={i}
            {...{ condition, about }}
            onEdit={(part) => edit(i, part)}
            onRemove={() => remove(i)}
            isNew={condition.question === '' && i === conditions.length - 1}
          />
        ))}
      </form>
    </search>
  );
};

interface LineProps {
  readonly condition: FurtherCondition;
  readonly about: About;
  readonly isNew: boolean;
  readonly onEdit: (part: Partial<FurtherCondition>) => void;
  readonly onRemove: () => void;
}

const ConditionLine = ({ condition, about, isNew, onEdit, onRemove }: LineProps) => (
  <fieldset class="condition">
    <legend class="unseen">Condition</legend>
    <select
      aria-label="Must it hold?"
      value={condition.kind}
      onChange={(event) => onEdit({ kind: event.currentTarget.value as FurtherCondition['kind'] })}
    >
      <option value="and">and</option>
      <option value="not">but not</option>
    </select>
    <input
      autofocus={isNew}
      aria-label="Question of the condition"
      placeholder="is it …?"
      value={condition.question}
      onInput={(event) => onEdit({ question: event.currentTarget.value })}
    />
    {about.does === 'answers' && (
      <select
        aria-label="Answer of the condition"
        value={condition.answer ?? ''}
        onChange={(event) => onEdit({ answer: event.currentTarget.value || undefined })}
      >
        <option value="">yes</option>
        {about.answers
          .filter((answer) => answer !== 'yes')
          .map((answer) => (
            <option key={answer}>{answer}</option>
          ))}
      </select>
    )}
    <button type="button" class="plain" aria-label="Remove this condition" onClick={onRemove}>
      <Icon name="cross" />
    </button>
  </fieldset>
);
