/** Meaning of an error code of the operating system, and advice. */
const meanings: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder: check the path',
  ENOTDIR: 'a part of this path is a file and not a folder: check the path',
  EISDIR: 'this is a folder: give the path of a file',
  EEXIST: 'there is a file in its place: give another path, or remove it',
  ENOTEMPTY: 'this folder is not empty: give another path, or empty it',
  EACCES: 'permission denied: change its permissions, or give a path that you may use',
  EPERM: 'the system does not permit it: change its permissions, or give a path that you may use',
  EROFS: 'it lies on a file system that is read-only: give a path where you may write',
  ENOSPC: 'no space is left on the disk: free some, or give a path on another disk',
  EDQUOT: 'your share of this disk is used up: free some space, or give a path on another disk',
  EFBIG: 'the file would be larger than its file system takes: give a path on another disk',
  ELOOP: 'its links lead in a circle: give the path of what they should lead to',
  ENAMETOOLONG: 'the path is too long: give a shorter one',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine: close other programs',
  EBUSY: 'another program uses it: end that one, and try again',
  ETXTBSY: 'another program uses it: end that one, and try again',
  EIO: 'the disk reports an error: check the disk',
  ENXIO: 'there is no such device: check the path',
};

/**
 * One sentence for an error of the file system that no other message explains: the path, what is wrong, and what to do.
 * Undefined for every other error.
 */
export const explainSystemError = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { code, path, dest, syscall } = error as NodeJS.ErrnoException & { readonly dest?: string };
  if (code === undefined || syscall === undefined) return undefined;
  const meaning = meanings[code];
  if (meaning === undefined) return undefined;
  const where = dest ?? path;
  return where === undefined ? `${meaning} (${code})` : `${where}: ${meaning} (${code})`;
};
