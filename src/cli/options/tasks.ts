import { InvalidArgumentError, Option } from 'commander';
import { type Example, loadTask, nlvr2, retrieval, snliVe, type Task, UserError, vqa } from '../../index.ts';

/** The tasks that `--task` knows, by name. */
export const tasks = { vqa, nlvr2, ve: snliVe, retrieval } as const satisfies Readonly<Record<string, Task>>;

/** One of those names, or the file of a task of one's own. */
export type TaskName = string;

const named: Readonly<Record<string, Task>> = tasks;

/** A file, and which of its exports: `./mine.ts#memeTone`. */
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
export const taskNamed = async (name: TaskName): Promise<Task> => named[name] ?? (await loadTask(name));

/** What `--unknown-answers` says of answers that the model cannot give. */
export type Unknown = 'refuse' | 'ignore';

/** The task as it is, but its examples may only hold answers that the model can give, unless others are ignored. */
export const answerable = (task: Task, answers: readonly string[], unknown: Unknown): Task => ({
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
