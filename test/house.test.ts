import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Arrows point only downward: a file imports from its own folder and from lower floors. Equal numbers never meet. */
const floors: Readonly<Record<string, number>> = {
  errors: 0,
  engine: 1,
  layers: 2,
  data: 2,
  models: 3,
  objectives: 4,
  tasks: 5,
  weights: 6,
  training: 7,
  serving: 7,
  studies: 8,
  index: 9,
  cli: 10,
};

/** Who never imports what, whatever the floors say, and why. The importer's path begins at src/. */
const never: readonly (readonly [from: RegExp, imported: RegExp, why: string])[] = [
  [/^engine\//, /^src\/(?!engine\/)/, 'the engine could be published alone'],
  [/^(models|objectives|layers)\//, /^(node:|onnxruntime|koffi|sharp|src\/(data|weights)\/)/, 'symbols only'],
  [
    /^data\//,
    /^src\/engine\/(?!(?:numbers|web-assembly)\.ts$)/,
    'a worker that reads pictures must not load a runtime',
  ],
  [/^objectives\//, /^src\/models\/(fusion-encoder|dual-encoder)\.ts$/, 'an objective sees what, not who'],
  [/^training\//, /^src\/serving\//, 'two products on one base'],
  [/^serving\//, /^src\/training\//, 'a server never loads the training code'],
  [/^(?!engine\/(runtime|ort-api))/, /^(onnxruntime|koffi)/, 'a foreign library is met in one room'],
  [/^(?!data\/image\.ts$)/, /^sharp/, 'a foreign library is met in one room'],
  [/^cli\//, /^src\/(?!index\.ts$|errors\.ts$|cli\/)/, 'the command line uses the public face'],
];

const LONGEST_FILE = 250;
const LONGEST_FUNCTION = 40;
const MOST_PARAMETERS = 4;
/** Ops are mutually recursive through their derivatives, so any split of them makes a circle. */
const longerFiles: Readonly<Record<string, number>> = { 'src/engine/ops.ts': 420 };
const generated = /(_pb|\.wasm)\.ts$/;

const skipped = new Set(['node_modules', '.git', 'dist', 'runs', 'data', 'parity', '__pycache__']);

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    return skipped.has(entry.name) && path !== 'src/data' ? [] : filesBelow(path);
  });

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const isTest = (path: string): boolean => /\.(test|fixture)\.ts$/.test(path);
const everything = filesBelow('.');
const code = everything.filter((path) => path.endsWith('.ts'));
const sources = code.filter((path) => path.startsWith('src/') && !isTest(path));
const parsed = new Map(
  sources.map((path) => [path, ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true)]),
);

/** What a file imports, statically or not: packages by name, files of ours as src/… */
const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/(?:^|[\s;])(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/gm)].map(([, name]) =>
    name!.startsWith('.') ? posix.join(dirname(path), name!) : name!,
  );

const floorOf = (path: string): string => path.split('/')[1]!.replace(/\.ts$/, '');

const isUpward = (path: string, imported: string): boolean => {
  if (!imported.startsWith('src/')) return false;
  const [from, to] = [floorOf(path), floorOf(imported)];
  return from !== to && !(floors[to]! < floors[from]!);
};

/** All nodes of a file, and what a test says of them. */
const found = (say: (node: ts.Node, path: string) => string | undefined): string[] => {
  const all: string[] = [];
  const visit = (node: ts.Node, path: string): void => {
    const said = say(node, path);
    if (said !== undefined) all.push(`${path}:${lineOf(node)}: ${said}`);
    ts.forEachChild(node, (child) => visit(child, path));
  };
  for (const [path, file] of parsed) if (!generated.test(path)) visit(file, path);
  return all;
};

const lineOf = (node: ts.Node): number => node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;
const linesOf = (node: ts.Node): number => node.getText().split('\n').length;

const lengthOf = (path: string): number => read(path).trimEnd().split('\n').length;

describe('the floors of the house', () => {
  it('are all on the list', () => {
    expect(sources.map(floorOf).filter((floor) => floors[floor] === undefined)).toEqual([]);
    expect(sources.length).toBeGreaterThan(60);
  });

  it('are joined by arrows that point only downward', () => {
    const upward = sources.flatMap((path) =>
      importsOf(path).flatMap((imported) => (isUpward(path, imported) ? [`${path} imports ${imported}`] : [])),
    );
    expect(upward).toEqual([]);
  });

  it.each(never.map(([from, imported, why]) => [String(from), String(imported), why] as const))(
    '%s never imports %s: %s',
    (from, imported) => {
      const [importer, forbidden] = [new RegExp(from.slice(1, -1)), new RegExp(imported.slice(1, -1))];
      const met = sources
        .filter((path) => importer.test(path.slice('src/'.length)))
        .flatMap((path) =>
          importsOf(path).flatMap((name) => (forbidden.test(name) ? [`${path} imports ${name}`] : [])),
        );
      expect(met).toEqual([]);
    },
  );

  it('are seen by a search that finds static, dynamic and side-effect imports', () => {
    expect(importsOf('src/data/image.ts')).toContain('sharp');
    expect(importsOf('src/engine/runtime.ts')).toEqual(
      expect.arrayContaining(['node:os', 'src/engine/numbers.ts', 'src/engine/runtime-native.ts']),
    );
  });
});

describe('the rooms of the house', () => {
  it('are files of at most 250 lines', () => {
    const long = code
      .filter((path) => !generated.test(path) && lengthOf(path) > (longerFiles[path] ?? LONGEST_FILE))
      .map((path) => `${path}: ${lengthOf(path)} lines`);
    expect(long).toEqual([]);
  });

  it('are functions of at most 40 lines and 4 parameters', () => {
    const outsized = found((node, path) => {
      if (!(ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || isNamedFunction(node))) return undefined;
      const [lines, parameters] = [linesOf(node), node.parameters.length];
      if (lines > LONGEST_FUNCTION) return `a function of ${lines} lines`;
      return parameters > MOST_PARAMETERS && !(path in longerFiles)
        ? `a function of ${parameters} parameters`
        : undefined;
    });
    expect(outsized).toEqual([]);
  });

  it('have names that say what is inside', () => {
    const nameless = /(^|\/)(utils?|helpers?|common|misc|types)(\.test)?(\.ts|\/)/;
    expect(everything.filter((path) => nameless.test(path))).toEqual([]);
  });

  it('export by name, but where a tool wants a default', () => {
    const wanted = /(\.config\.ts|-reporter\.ts)$/;
    expect(code.filter((path) => !wanted.test(path) && /^export default/m.test(read(path)))).toEqual([]);
  });

  it('know the type of everything', () => {
    const any = found((node) => (node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : undefined));
    const silenced = sources.filter((path) => /@ts-(ignore|nocheck|expect-error)/.test(read(path)));
    expect([...any, ...silenced]).toEqual([]);
  });

  it('are finished', () => {
    const promised = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    expect(code.filter((path) => promised.test(read(path)))).toEqual([]);
  });
});

const isNamedFunction = (node: ts.Node): node is ts.ArrowFunction | ts.FunctionExpression =>
  (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && ts.isVariableDeclaration(node.parent);

describe('importing is free', () => {
  const entrances = new Set(['src/cli/main.ts']);

  it('since no module waits or acts at import time', () => {
    const acting = [...parsed].flatMap(([path, file]) => {
      const statements = entrances.has(path) ? [] : file.statements.filter(acts);
      return statements.map((statement) => `${path}:${lineOf(statement)}: ${statement.getText().slice(0, 60)}`);
    });
    expect(acting).toEqual([]);
  });
});

/** Whether a statement at the top of a module waits, is there for its effect, or calls what touches the machine. */
const acts = (statement: ts.Statement): boolean => {
  const inert = [ts.isImportDeclaration, ts.isExportDeclaration, ts.isTypeAliasDeclaration, ts.isInterfaceDeclaration];
  if (inert.some((is) => is(statement))) return false;
  return ts.isExpressionStatement(statement) || calledAtOnce(statement).some((name) => touching(statement, name));
};

/** What a module calls or awaits as it is imported, by its first name. */
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

describe('the house stands anywhere', () => {
  const text = /\.(ts|js|py|json|jsonl|md|txt|yml|yaml|html|css)$|(^|\/)\.[a-z]+rc$|^\.ci\/run$/;
  const machines = new RegExp(['/wo' + 'rk/', '/ro' + 'ot/', '/ho' + 'me/\\w', 'file:///\\w'].join('|'));
  const hosts = /https?:\/\/[\w.-]*(registry|artifactory|nexus|proxy|mirror)[\w.-]*/g;

  it('with no path of the machine that it was built on', () => {
    expect(everything.filter((path) => text.test(path) && machines.test(read(path)))).toEqual([]);
  });

  it('with no registry but the public ones', () => {
    const named = everything.filter((path) => text.test(path)).flatMap((path) => read(path).match(hosts) ?? []);
    expect(named.filter((host) => host !== 'https://registry.npmjs.org')).toEqual([]);
  });
});
