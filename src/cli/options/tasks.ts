import { InvalidArgumentError, Option } from 'commander';
import type { RecordShape } from '../../data.ts';
import { loadTask } from '../../data.ts';
import { type Example, type Learnable, nlvr2, retrieval, snliVe, UserError, vqa } from '../../index.ts';

/** The tasks that `--task` knows, by name. */
export const tasks = { vqa, nlvr2, ve: snliVe, retrieval } as const satisfies Readonly<Record<string, Learnable>>;

/** One of those names, or the file of a user's own task. */
export type TaskName = string;

const named: Readonly<Record<string, Learnable>> = tasks;

/** Whether a name is that of a file, with one of its exports or without: `./mine.ts#memeTone`. */
const isFile = (name: string): boolean => /[/\\]|\.[cm]?[jt]s(#|$)/.test(name);

/** The option that names a task. */
export const taskOption = (description: string): Option =>
  new Option(
    '--task <name>',
    `${description}: ${Object.keys(tasks).join(', ')}, or the module of your own, ./mine.ts`,
  ).argParser((name: string) => {
    if (name in named || isFile(name)) return name;
    throw new InvalidArgumentError(
      `Give ${Object.keys(tasks).join(', ')}, or a file that exports a task: ./${name}.ts.`,
    );
  });

/** The task of a name, or of a file. @throws UserError where the file exports none. */
export const taskNamed = async (name: TaskName): Promise<Learnable> => named[name] ?? (await loadTask(name));

/** The shapes of the records of the tasks that `--task` knows. */
export const recordShapes: readonly RecordShape[] = Object.values(named).flatMap(({ records = [] }) => records);

/**
 * The shape of the records of a task.
 *
 * @throws UserError where the file exports no task, or one that reads its examples in its own way.
 */
export const recordsNamed = async (name: TaskName): Promise<RecordShape> => {
  const { records } = await taskNamed(name);
  if (records) return records;
  throw new UserError(`${name}: the task has a read of its own: give one whose fields are told, with defineTask`);
};

/** Values of `--unknown-answers`, for answers that the model cannot give. */
export type Unknown = 'refuse' | 'ignore';

/** Wraps a task so that answers which the model cannot give are refused or ignored. */
export const answerable = <T extends Learnable>(task: T, answers: readonly string[], unknown: Unknown): T => ({
  ...task,
  read: async (folder, split, options) => {
    const examples = await task.read(folder, split, options);
    const [first] = unknown === 'ignore' ? [] : outside(examples, answers);
    if (!first) return examples;
    const known = answers.slice(0, 5).join(', ') + (answers.length > 5 ? ', …' : '');
    throw new UserError(
      `${first.id}: the answer ${JSON.stringify(first.answer)} is not among the ${answers.length} that the model gives (${known}): correct it, or ignore such answers with --unknown-answers ignore`,
    );
  },
});

/** Answers of the examples that are not in the list. */
export const outside = (examples: readonly Example[], answers: readonly string[]): { id: string; answer: string }[] => {
  const known = new Set(answers);
  return examples.flatMap(({ id, answers: scored }) =>
    scored.filter(({ answer }) => !known.has(answer)).map(({ answer }) => ({ id, answer })),
  );
};
