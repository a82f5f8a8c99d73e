/** Modules of Python that reach the machine: no checkpoint needs them, so a file that names one is meant to do harm. */
const reaching: ReadonlySet<string> = new Set([
  'os',
  'posix',
  'nt',
  'posixpath',
  'ntpath',
  'sys',
  'subprocess',
  'shutil',
  'socket',
  'pty',
  'code',
  'codeop',
  'ctypes',
  'importlib',
  'imp',
  'runpy',
  'pickle',
  '_pickle',
  'cPickle',
  'pip',
  'commands',
  'webbrowser',
  'urllib',
  'http',
  'requests',
  'ftplib',
  'smtplib',
  'multiprocessing',
  'threading',
  'signal',
  'tempfile',
  'io',
  '_io',
  'bdb',
  'pdb',
  'timeit',
  'marshal',
  'types',
  'inspect',
]);

/** The parts of these that only say where something is. */
const harmless: ReadonlySet<string> = new Set(['types.SimpleNamespace', 'types.MappingProxyType']);

/** What Python has without an import, and only makes values. */
const valuesOfPython: ReadonlySet<string> = new Set(
  'bool bytearray bytes complex dict float frozenset int list object range set slice str tuple'.split(' '),
);

/** Whether a name, `module.name`, is one that a file of weights has no honest use for: `os.system`, `builtins.eval`. */
export const isUnsafeName = (python: string): boolean => {
  const [root = '', rest = ''] = [python.split('.')[0], python.slice(python.indexOf('.') + 1)];
  if (root === 'builtins' || root === '__builtin__') return !valuesOfPython.has(rest);
  return reaching.has(root) && !harmless.has(python);
};
