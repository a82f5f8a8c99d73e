/** Texts that programs write for no value, and that might be answers all the same; the rule of `isNoAnswer` knows others. */
const FOR_NO_VALUE = new Set(['None', 'NONE', 'null', 'Null', 'NULL', 'NA', 'N/A', 'n/a', '<NA>', '#N/A', 'undefined']);

/** Answers that a notice names. */
const NAMED = 5;

/**
 * Doubts about the classes of a model, a sentence each: those that differ in case or spaces alone are learnt as two, and
 * those that a program may have written for no value are learnt as answers.
 */
export const doubtfulAnswers = (answers: readonly string[]): string[] => {
  const spelt = new Map<string, string[]>();
  for (const answer of answers) {
    const key = answer.trim().replaceAll(/\s+/g, ' ').toLowerCase();
    spelt.set(key, [...(spelt.get(key) ?? []), answer]);
  }
  const mixed = [...spelt.values()].filter((names) => names.length > 1).map((names) => names.map(quoted).join(' / '));
  const empty = answers.filter((answer) => FOR_NO_VALUE.has(answer)).map(quoted);
  return [
    ...(mixed.length > 0
      ? [`${some(mixed)}: answers that differ in case or spaces alone, each of which is a class`]
      : []),
    ...(empty.length > 0
      ? [
          `${some(empty)}: learnt as ${empty.length === 1 ? 'an answer' : 'answers'}; where none is known, leave the field out`,
        ]
      : []),
  ];
};

const quoted = (answer: string): string => JSON.stringify(answer);

const some = (texts: readonly string[]): string =>
  texts.slice(0, NAMED).join(', ') + (texts.length > NAMED ? ', …' : '');
