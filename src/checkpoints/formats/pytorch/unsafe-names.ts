/** Modules of Python with access to the machine, all of whose names are refused but those below. */
const unsafeModules: ReadonlySet<string> = new Set([
  'os',
  'posix',
  'nt',
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
]);

/** Names in these modules that only make values: buffers in memory, enums, namespaces, parsed addresses. */
const harmless: ReadonlySet<string> = new Set([
  'types.SimpleNamespace',
  'types.MappingProxyType',
  'types.GenericAlias',
  'types.UnionType',
  'types.NoneType',
  'types.EllipsisType',
  'types.MethodType',
  'io.BytesIO',
  'io.StringIO',
  '_io.BytesIO',
  '_io.StringIO',
  'signal.Signals',
  'signal.Handlers',
  'socket.AddressFamily',
  'socket.SocketKind',
  'http.HTTPStatus',
  'http.HTTPMethod',
  'urllib.parse.ParseResult',
  'urllib.parse.SplitResult',
]);

/** Built-in functions of Python that run code, open files, or reach what could. All other built-ins make values. */
const unsafeBuiltins: ReadonlySet<string> = new Set(
  (
    'eval exec execfile compile __import__ open file input raw_input breakpoint globals locals vars setattr delattr ' +
    'apply reload help exit quit'
  ).split(' '),
);

/** Built-in modules: of Python 3, of Python 2 (which torch.save names by default), and that of the attribute. */
const builtins: ReadonlySet<string> = new Set(['builtins', '__builtin__', '__builtins__']);

/** Functions that start a program, wherever they were reached: `torch.serialization.os.system`. */
const startsProgram = /(?:^|\.)(?:os|posix|nt|subprocess)\.(?:system|popen\w*|exec\w+|spawn\w+|run|call|check_\w+)$/i;

/** Whether a name of Python, `module.name`, has no honest use in a file of weights: `os.system`, `builtins.eval`. */
export const isUnsafeName = (python: string): boolean => {
  const segments = python.split('.');
  const at = segments.findIndex((segment) => builtins.has(segment));
  if (at >= 0) return at > 0 || unsafeBuiltins.has(segments[1] ?? '');
  return startsProgram.test(python) || (unsafeModules.has(segments[0]!) && !harmless.has(python));
};
