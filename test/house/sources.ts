import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { root } from '../docs/markdown.ts';

/** Files that a tool wrote. */
export const generated = /(_pb|\.wasm|\.as|\.openapi)\.ts$/;

const skipped = new Set(['node_modules', '.git', 'dist', 'runs', 'data', '__pycache__']);

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    return skipped.has(entry.name) && path !== 'src/data' ? [] : filesBelow(path);
  });

/** The text of a file. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const isTest = (path: string): boolean => /\.(test|fixture)\.ts$/.test(path);
/** All files of the project by their paths from the root; its TypeScript; its sources without tests; those of its page. */
export const everything = filesBelow('.');
export const code = everything.filter((path) => /\.tsx?$/.test(path));
export const sources = code.filter((path) => path.startsWith('src/') && !isTest(path));
export const pageSources = code.filter((path) => path.startsWith('page/') && !path.endsWith('.config.ts'));
/** The sources of both, parsed. */
export const parsed = new Map(
  [...sources, ...pageSources].map((path) => [
    path,
    ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true),
  ]),
);

/** Imports of a file, static or not: packages by name, files of ours as src/… */
export const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/(?:^|[\s;])(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/gm)].map(([, name]) =>
    name!.startsWith('.') ? posix.join(dirname(path), name!) : name!,
  );

/** Modules that are loaded with a file, itself among them: files of ours, and packages. Types alone load nothing. */
export const loadedBy = (entry: string): { readonly files: string[]; readonly packages: string[] } => {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    for (const name of loadsOf(parsed.get(path)!)) {
      if (name.startsWith('.')) visit(posix.join(dirname(path), name));
      else packages.add(name);
    }
  };
  visit(entry);
  return { files: [...files], packages: [...packages].sort() };
};

/** Modules that a file loads, at once or later. */
const loadsOf = (file: ts.SourceFile): string[] => {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const isTypeOnly =
      (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly) ||
      (ts.isExportDeclaration(node) && node.isTypeOnly);
    const from =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (from && !isTypeOnly) names.push((from as ts.StringLiteral).text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
};

/** The floor on which a file stands: its folder below src. Of the files beside the folders all but errors are faces. */
export const floorOf = (path: string): string => {
  const [, floor] = path.split('/') as [string, string];
  if (floor === 'errors.ts') return 'errors';
  return floor.endsWith('.ts') ? 'faces' : floor;
};

/** Files that import each other in a circle, each circle once: `a -> b -> a`. */
export const circles = (): string[] => {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    state.set(path, 'open');
    for (const imported of importsOf(path)) if (parsed.has(imported)) visit(imported, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of parsed.keys()) visit(path, []);
  return found;
};

/** All nodes of a file, and what a test says of them. */
export const found = (say: (node: ts.Node, path: string) => string | undefined): string[] => {
  const all: string[] = [];
  const visit = (node: ts.Node, path: string): void => {
    const said = say(node, path);
    if (said !== undefined) all.push(`${path}:${lineOf(node)}: ${said}`);
    ts.forEachChild(node, (child) => visit(child, path));
  };
  for (const [path, file] of parsed) if (!generated.test(path)) visit(file, path);
  return all;
};

/** The line of a node, from 1. */
export const lineOf = (node: ts.Node): number =>
  node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

/** Statements in a function's body, those of blocks and of nested functions included. */
export const statementsOf = (node: ts.Node): number => {
  let count = 0;
  ts.forEachChild(node, (child) => {
    count += statementsOf(child) + (ts.isStatement(child) && !ts.isBlock(child) ? 1 : 0);
  });
  return count;
};

/** Lines of a file. */
export const lengthOf = (path: string): number => read(path).trimEnd().split('\n').length;

/** Whether a node is a function that a const names. */
export const isNamedFunction = (node: ts.Node): node is ts.ArrowFunction | ts.FunctionExpression =>
  (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && ts.isVariableDeclaration(node.parent);

/** Whether a statement at the top of a module waits, is there for its effect, or calls what touches the machine. */
export const acts = (statement: ts.Statement): boolean => {
  const inert = [ts.isImportDeclaration, ts.isExportDeclaration, ts.isTypeAliasDeclaration, ts.isInterfaceDeclaration];
  if (inert.some((is) => is(statement))) return false;
  return ts.isExpressionStatement(statement) || calledAtOnce(statement).some((name) => touching(statement, name));
};

/** Names of the functions that a module calls or awaits as it is imported. */
const calledAtOnce = (node: ts.Node): string[] => {
  if (ts.isFunctionLike(node)) return [];
  const own = ts.isAwaitExpression(node)
    ? ['await']
    : ts.isCallExpression(node)
      ? [node.expression.getText().split(/[.(?]/)[0]!]
      : [];
  const inner: string[] = [];
  ts.forEachChild(node, (child) => {
    inner.push(...calledAtOnce(child));
  });
  return [...own, ...inner];
};

const machine = /^(node:(fs|child_process|net|http|worker_threads|os)|onnxruntime|koffi|sharp)/;

/** Whether a name came from a module that opens files, processes, sockets or libraries. */
const touching = (statement: ts.Statement, name: string): boolean =>
  name === 'await' ||
  statement.getSourceFile().statements.some((one) => {
    if (!ts.isImportDeclaration(one) || !machine.test((one.moduleSpecifier as ts.StringLiteral).text)) return false;
    return new RegExp(`\\b${name}\\b`).test(one.importClause?.getText() ?? '');
  });

/** Modules that begin something when they are loaded, since nothing imports them. */
export const entrances: ReadonlySet<string> = new Set([
  'src/cli/main.ts',
  'page/main.tsx',
  'page/train/main.tsx',
  'page/tab/worker.ts',
  'page/train/worker.ts',
  'src/service/images/image-worker.ts',
]);
