/**
 * Modules of Python with access to the machine. No checkpoint needs them; a file that names one is meant to do harm.
 */
const unsafeModules: ReadonlySet<string> = new Set([
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

/** Names in these modules that only make values. */
const harmless: ReadonlySet<string> = new Set(['types.SimpleNamespace', 'types.MappingProxyType']);

/** Built-in classes of Python that only make values. */
const harmlessBuiltins: ReadonlySet<string> = new Set(
  'bool bytearray bytes complex dict float frozenset int list object range set slice str tuple'.split(' '),
);

/** Whether a name of Python, `module.name`, has no honest use in a file of weights: `os.system`, `builtins.eval`. */
export const isUnsafeName = (python: string): boolean => {
  const [root = '', rest = ''] = [python.split('.')[0], python.slice(python.indexOf('.') + 1)];
  if (root === 'builtins' || root === '__builtin__') return !harmlessBuiltins.has(rest);
  return unsafeModules.has(root) && !harmless.has(python);
};
