import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';

/** A repository of the Hub at a revision, or a folder or file of it. */
export interface Repository {
  readonly kind: 'model' | 'dataset';
  /** `org/name`, or `name` alone for the oldest ones. */
  readonly id: string;
  /** A branch, a tag, or a commit. */
  readonly revision: string;
  /** Folder or file in the repository; undefined for all of it. */
  readonly path?: string | undefined;
}

/** Beginning of an address, and of one whose files are read where they are. */
const PREFIX = /^hf(\+stream)?:/;

/** Endings of files of weights: a path that ends so and is not there is a mistake, and no id. */
const WEIGHTS = /\.(safetensors|ckpt|bin|pt|pth|onnx|json)$/i;

/**
 * Whether the name of a model is an id of the Hub, and no path: it begins with `hf:`, or is `org/name` or `org/name@rev`
 * with nothing on the disk that is called so. As in transformers, what is on the disk wins; so does a folder `org`, and
 * a name that ends as a file of weights does.
 */
export const isHubModel = (name: string): boolean => {
  if (existsSync(name)) return false;
  if (name.startsWith('hf:')) return true;
  const [org] = name.split('/');
  return /^\w[\w.-]*\/\w[\w.-]*(@[\w./%-]+)?$/.test(name) && !WEIGHTS.test(name) && !existsSync(org!);
};

/** Whether the name of a data set is an address of the Hub (`hf:org/name`, `hf+stream:org/name`) and no path. */
export const isHubData = (name: string): boolean => PREFIX.test(name) && !existsSync(name);

/** Whether the files of a data set are read where they are, by ranges, and not kept. */
export const isStreamed = (name: string): boolean => name.startsWith('hf+stream:') && isHubData(name);

/** Segments that would lead out of a folder, or into its root. */
const isOutside = (path: string): boolean =>
  /(^|[\\/])\.\.?([\\/]|$)|^[\\/]|^[a-z]:|\\/i.test(path) || path.includes('\0') || path.endsWith('/');

/**
 * Reads `org/name`, `org/name@revision` or `org/name@revision/folder`, with or without `hf:` before it. A slash in the
 * name of a branch is written %2F, but for `refs/pr/N` and `refs/convert/parquet`.
 *
 * @throws UserError where it is none.
 */
export const repositoryOf = (name: string, kind: Repository['kind']): Repository => {
  const bare = name.replace(PREFIX, '').replace(/^\/\/(datasets\/)?/, '');
  const pattern = /^(\w[\w.-]*(?:\/\w[\w.-]*)?)(?:@((?:refs\/(?:pr|convert)\/)?[^/@]+))?(?:\/([^@]+))?$/;
  const [, id, revision = 'main', path] = pattern.exec(bare) ?? [];
  const decoded = revision.replaceAll(/%2f/gi, '/');
  if (id !== undefined && !isOutside(decoded) && !(path !== undefined && isOutside(path)))
    return { kind, id, revision: decoded, path };
  throw new UserError(
    `${name}: it is no id of the Hub: write org/name, org/name@revision or hf:org/name@revision/folder`,
  );
};

/** A repository in messages: `org/name`, with its revision where that is not the usual one. */
export const shownRepository = ({ id, revision }: Repository): string =>
  revision === 'main' ? id : `${id}@${revision}`;

/** Whether the path of a file, as the Hub says it, stays inside of a folder into which it is written. */
export const isInside = (path: string): boolean => path !== '' && !isOutside(path);
