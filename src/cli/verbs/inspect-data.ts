import { doubtfulAnswers, imageName, openAnswers, type Survey, surveyData } from '../../data.ts';
import type { Example } from '../../index.ts';
import { recordShapes } from '../options/tasks.ts';
import { printableLine } from '../terminal/printable.ts';
import { commandOf } from '../terminal/quote.ts';
import { type Cell, type Contents, factsOf, grouped, percent, tableOf } from '../terminal/table.ts';

/** Number of answers that are listed. */
const SHOWN = 8;

/** Describes the data in a folder or file, in any known layout; undefined where it holds none. */
export const describeData = async (path: string): Promise<Contents | undefined> => {
  const told = [];
  for (const survey of await surveyData(path, recordShapes)) told.push(await describeSurvey(path, survey));
  const [first, ...more] = told;
  if (!first) return undefined;
  return {
    text: told.map(({ text }) => text).join('\n\n'),
    result: { kind: 'data', ...first.result, ...(more.length ? { others: more.map(({ result }) => result) } : {}) },
  };
};

const describeSurvey = async (path: string, survey: Survey): Promise<Contents> => {
  const { records } = survey;
  const task = records.name;
  const splits = survey.splits.map(countsOf);
  const all = survey.splits.flatMap(({ examples }) => examples);
  const frequent = frequencies(all);
  const [prior] = frequent;
  const answers = records.answers.kind === 'none' ? [] : await openAnswers(path, records).catch(() => []);
  const notices = [...survey.problems, ...survey.splits.flatMap(({ notices: some }) => some)];
  const doubts = doubtsOf(survey, answers);
  const words = ['--from-scratch', '--task', task, '--data', path, '--out', `runs/${task}`];
  const train = commandOf(['dide', 'finetune', ...words]);
  const facts: [string, Cell][] = [
    ['layout', [...new Set(survey.splits.map(({ layout }) => layout))].join('; ')],
    ['task', task],
    ...(answers.length > 0 ? [['answers', `${grouped(answers.length)}: ${someOf(answers)}`] as [string, Cell]] : []),
    ...(prior ? [['most frequent', frequentText(frequent)] as [string, Cell]] : []),
    ...(prior ? [['prior', `${percent(prior.share)} by always saying ${prior.answer}`] as [string, Cell]] : []),
    ...firstFacts(all[0]),
    ['to train', train],
    ['with a teacher', '--teacher FILE instead of --from-scratch'],
  ];
  return {
    text: [tableOf(rowsOf(splits)), factsOf(facts), ...[...doubts, ...notices].map(printableLine)].join('\n\n'),
    result: { task, splits, answers, prior, frequent: frequent.slice(0, SHOWN), doubts, notices, first: all[0], train },
  };
};

const rowsOf = (splits: readonly ReturnType<typeof countsOf>[]): Cell[][] => [
  ['split', 'found', 'rows', 'images', 'texts', 'with answers', 'images missing', 'bad rows', 'incomplete', 'repeated'],
  ...splits.map(({ split, found, rows, images, texts, answered, missing, badRows, incomplete, repeated }) => [
    ...[split, found, rows, images, texts, answered, missing, badRows, incomplete, repeated],
  ]),
];

/** Numbers of a split: those found are the sum of rows that give an example and of those that give none, by reason. */
const countsOf = ({ split, examples, leftOut }: Survey['splits'][number]) => ({
  split,
  found: examples.length + leftOut.length,
  rows: examples.length,
  images: new Set(examples.flatMap(({ images }) => images.map(imageName))).size,
  texts: new Set(examples.map(({ text }) => text)).size,
  answered: examples.filter(({ answers }) => answers.length > 0).length,
  missing: leftOut.filter(({ kind }) => kind === 'missing image').length,
  badRows: leftOut.filter(({ kind }) => kind === 'bad row').length,
  incomplete: leftOut.filter(({ kind }) => kind === 'incomplete').length,
  repeated: leftOut.filter(({ kind }) => kind === 'repeated').length,
  leftOut: leftOut.map(({ why }) => why),
});

const someOf = (answers: readonly string[]): string =>
  `${answers.slice(0, SHOWN).join(', ')}${answers.length > SHOWN ? ', …' : ''}`;

const frequentText = (frequent: readonly { readonly answer: string; readonly share: number }[]): string =>
  frequent
    .slice(0, SHOWN)
    .map(({ answer, share }) => `${answer} ${percent(share)}`)
    .join(', ');

/** The mean score of always giving one answer, over the examples that have answers; the best first. */
const frequencies = (examples: readonly Example[]): { answer: string; share: number }[] => {
  const earned = new Map<string, number>();
  const answered = examples.filter(({ answers }) => answers.length > 0);
  for (const { answer, score } of answered.flatMap(({ answers }) => answers)) {
    earned.set(answer, (earned.get(answer) ?? 0) + score);
  }
  return [...earned]
    .map(([answer, sum]) => ({ answer, share: sum / answered.length }))
    .sort((a, b) => b.share - a.share);
};

const firstFacts = (example: Example | undefined): [string, Cell][] => {
  if (!example) return [];
  const said = example.answers.map(({ answer, score }) => (score === 1 ? answer : `${answer} (${score})`)).join(', ');
  const pictures = example.images.map(imageName).join(' and ');
  return [['first', `${example.id}: ${JSON.stringify(example.text)}${said ? ` -> ${said}` : ''}, of ${pictures}`]];
};

/** Answers that would be learnt or scored wrongly: those that training lacks, and doubtful ones. */
const doubtsOf = ({ splits }: Survey, answers: readonly string[]): string[] => {
  const known = new Set(answers);
  const unknown = splits.flatMap(({ split, examples }) => {
    const outside = frequencies(examples).filter(({ answer }) => answers.length > 0 && !known.has(answer));
    if (outside.length === 0) return [];
    return [
      `${split}: ${outside.length === 1 ? '1 answer is' : `${grouped(outside.length)} answers are`} not among those to learn: ${someOf(namesOf(outside))}`,
    ];
  });
  const all = namesOf(frequencies(splits.flatMap(({ examples }) => examples)));
  return [...unknown, ...doubtfulAnswers(all)];
};

const namesOf = (some: readonly { readonly answer: string }[]): string[] => some.map(({ answer }) => answer);
