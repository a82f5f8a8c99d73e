import { type Example, nlvr2, snliVe, type Task, UserError, vqa } from '../index.ts';

/** The tasks that `--task` knows, by name. */
export const tasks = { vqa, nlvr2, ve: snliVe } as const satisfies Readonly<Record<string, Task>>;

export type TaskName = keyof typeof tasks;

/** What `--unknown-answers` says of answers that the model cannot give. */
export type Unknown = 'refuse' | 'ignore';

/** The task as it is, but its examples may only hold answers that the model can give, unless others are ignored. */
export const answerable = (task: Task, answers: readonly string[], unknown: Unknown): Task => ({
  ...task,
  read: async (folder, split) => {
    const examples = await task.read(folder, split);
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
