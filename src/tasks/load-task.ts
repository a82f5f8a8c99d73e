import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { isFile } from '../data/formats/format.ts';
import { UserError } from '../errors.ts';
import type { Task } from './task.ts';

const fn = z.custom<never>((value) => typeof value === 'function', 'must be a function');

const taskSchema = z.looseObject({
  name: z.string().regex(/^\w[\w-]*$/, 'must be letters, digits, _ and -'),
  images: z.union([z.literal(1), z.literal(2)]),
  scoring: z.enum(['sigmoid', 'softmax']),
  read: fn,
  answers: fn,
  score: fn,
  measures: fn.optional(),
});

/**
 * Imports the task that a module exports, under any name; where it exports several, `./mine.ts#memeTone` names one.
 *
 * A `.ts` file needs Node 22.18 or newer, which strips types, or tsx. The module is run as any program is.
 *
 * @throws UserError where there is no such file, it cannot be imported, or what it exports is no task.
 */
export const loadTask = async (path: string): Promise<Task> => {
  const [file, wanted] = path.split('#') as [string, string | undefined];
  if (!isFile(file)) {
    throw new UserError(`${file}: there is no such file: give a module that exports a task`);
  }
  const exported = await importFrom(file);
  const [name, task] = chosenFrom(Object.entries(exported), { file, wanted });
  const checked = taskSchema.safeParse(task);
  if (checked.success) return task as Task;
  const wrong = checked.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ');
  throw new UserError(`${file}: its export ${name} is no task: ${wrong}: see "Define a task" in the README`);
};

type Exported = readonly [name: string, value: unknown];

const chosenFrom = (
  exported: readonly Exported[],
  { file, wanted }: { readonly file: string; readonly wanted: string | undefined },
): Exported => {
  const candidates = exported.filter(([name, value]) => (wanted === undefined ? isLikeTask(value) : name === wanted));
  if (candidates.length === 1) return candidates[0]!;
  const names = (candidates.length > 0 ? candidates : exported).map(([name]) => name).join(', ') || 'nothing';
  if (candidates.length > 1) {
    throw new UserError(`${file}: exports several tasks, ${names}: say which: ${file}#${candidates[0]![0]}`);
  }
  throw new UserError(
    `${file}: exports ${wanted === undefined ? 'no task' : `no ${wanted}`} but ${names}: export what defineTask gives, or an object with name, images, scoring, read, answers and score`,
  );
};

/** Whether a value has at least two of a task's properties: if others are missing, the error can say which. */
const isLikeTask = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['name', 'images', 'scoring', 'read', 'answers', 'score'].filter((key) => key in value).length >= 2;

const importFrom = async (file: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw new UserError(`${file}: cannot be imported: ${reasonOf(cause, file)}`, { cause });
  }
};

/** Remedies for an import that fails, by Node's message. */
const ADVICE: readonly (readonly [message: RegExp, remedy: string])[] = [
  [
    /not supported in strip-only mode/,
    'Node only takes the types away: write it without enums, namespaces and parameter properties, or compile it to .js',
  ],
  [/does not provide an export named/, 'import a type as one: import { type Task }'],
  [/Cannot find (package|module) 'dide/, 'install dide where the file is: npm install dide'],
  [
    /Cannot find module '[^']*[/\\]dist[/\\][\w-]+\.js'/,
    'dide is not built: run npm run build in its folder, or run this command from there with npx tsx',
  ],
  [/Cannot find module '[^']*[/\\][^'./\\]*'/, 'imports have endings: ./rows.ts'],
  [/Cannot use import statement outside a module/, 'give its package.json "type": "module", or call it .mts or .mjs'],
];

const reasonOf = (cause: unknown, file: string): string => {
  const { code, message } = cause as { readonly code?: string | undefined; readonly message?: string | undefined };
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /^\.[cm]?ts$/.test(extname(file))) {
    return `Node ${process.versions.node} does not read TypeScript: compile it to .js, or use Node 22.18 or newer`;
  }
  const [said] = (message ?? String(cause)).split('\n') as [string];
  return `${said}: ${ADVICE.find(([pattern]) => pattern.test(said))?.[1] ?? 'correct the module'}`;
};
