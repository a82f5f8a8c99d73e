import { UserError } from '../errors.ts';

/** LOCK_EX | LOCK_NB of flock(2), the same numbers on Linux and macOS. */
const EXCLUSIVE_AT_ONCE = 2 | 4;

/**
 * Stack of koffi's asynchronous calls, in bytes, as ONNX Runtime needs it in this process, too: once any library is
 * loaded, koffi does not let it be set.
 */
const ASYNC_STACK_BYTES = 8 << 20;

type Flock = (descriptor: number, operation: number) => number;

interface LockCalls {
  readonly flock: Flock;
  /** Code of the last error: `EAGAIN`. */
  readonly errorCode: () => string;
}

/**
 * Locks an open file by flock(2). The lock belongs to this opening of the file, so another one is refused wherever it
 * is: in this process, in another, or in another container with the same volume. The system releases it when the file
 * is closed, and so when the process ends, however it ends.
 *
 * @param where what the lock protects, for the message.
 * @returns whether the lock was taken; false where another opening holds it.
 * @throws UserError where the file system keeps no locks, or koffi cannot be loaded.
 */
export const lockOpenFile = async (descriptor: number, where: string): Promise<boolean> => {
  const { flock, errorCode } = await loadCalls(where);
  for (;;) {
    if (flock(descriptor, EXCLUSIVE_AT_ONCE) === 0) return true;
    const code = errorCode();
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK') return false;
    if (code !== 'EINTR')
      throw new UserError(
        `${where}: its file system keeps no locks (${code}), so two processes could write there at once: give a folder on another disk`,
      );
  }
};

const loadCalls = async (where: string): Promise<LockCalls> => {
  try {
    const koffi = await openKoffi();
    const flock: Flock = koffi.load(null).func('int flock(int, int)');
    return { flock, errorCode: () => codeOf(koffi.errno(), koffi.os.errno) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `${where}: it cannot be locked, so two processes could write there at once: koffi, which calls the system, did not load (${why}): install dide with its optional packages`,
      { cause },
    );
  }
};

/** Loads koffi, by which C is called, as all of this process need it. @throws Error where it has no binary for it. */
export const openKoffi = async () => {
  const { default: koffi } = await import('koffi');
  if (koffi.config().async_stack_size !== ASYNC_STACK_BYTES) koffi.config({ async_stack_size: ASYNC_STACK_BYTES });
  return koffi;
};

const codeOf = (number: number, codes: Readonly<Record<string, number>>): string =>
  Object.keys(codes).find((code) => codes[code] === number) ?? `error ${number}`;
