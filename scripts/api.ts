/**
 * Prints every public name with its meaning, by face, as Markdown; with --write, into docs/api.md: `npm run api`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A name that a face exports. */
export interface PublicName {
  readonly name: string;
  readonly kind: 'function' | 'type' | 'value';
  /** First sentence of its doc comment; empty where it has none. */
  readonly meaning: string;
  /** File and position of its declaration. */
  readonly declaredAt: string;
}

/** A module that the package exports, and its names in alphabetical order. */
export interface Face {
  /** `dide/engine` */
  readonly specifier: string;
  readonly meaning: string;
  readonly names: readonly PublicName[];
}

/** The faces of the package, in the order in which package.json exports them. */
export const readFaces = (): Face[] => {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { exports: Record<string, unknown> };
  const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
  const fileOf = (path: string): string => `${root}src/${path === '.' ? 'index' : path.slice(2)}.ts`;
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram(paths.map(fileOf), options);
  const checker = program.getTypeChecker();
  return paths.map((path) => {
    const file = program.getSourceFile(fileOf(path))!;
    const names = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map((symbol) => read(symbol, checker));
    const specifier = path === '.' ? 'dide' : `dide/${path.slice(2)}`;
    const meaning = /\/\*\*\s*\*?\s*`[^`]+`: ([\s\S]*?)(?:\.\s|\n \*\n|\*\/)/.exec(file.text)?.[1] ?? '';
    return { specifier, meaning: plain(meaning), names: names.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });
};

const read = (exported: ts.Symbol, checker: ts.TypeChecker): PublicName => {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const [declaration] = symbol.declarations!;
  const { fileName } = declaration!.getSourceFile();
  return {
    name: exported.name,
    kind: kindOf(symbol, checker),
    meaning: firstSentence(ts.displayPartsToString(symbol.getDocumentationComment(checker))),
    declaredAt: `${fileName.slice(root.length)}:${declaration!.getStart()}`,
  };
};

const kindOf = (symbol: ts.Symbol, checker: ts.TypeChecker): PublicName['kind'] => {
  if (!(symbol.flags & ts.SymbolFlags.Value)) return 'type';
  const type = checker.getTypeOfSymbol(symbol);
  return type.getCallSignatures().length > 0 ? 'function' : 'value';
};

/** Up to the first full stop, colon before an indented block, or empty line. */
const firstSentence = (comment: string): string =>
  plain(comment.split(/\n\s*\n/)[0]!).replace(/(?<!\b(?:e\.g|i\.e|cf|al))([.:])\s(?=[A-Z`→[(]).*$/s, '$1');

const plain = (text: string): string => text.replaceAll(/\s*\n\s*(?:\*\s*)?/g, ' ').trim();

/** docs/api.md */
export const markdownOf = (faces: readonly Face[]): string =>
  [
    '# Public names\n',
    'Made by `npm run api` from the doc comments; `test/docs/api.test.ts` fails when it is stale.\n',
    ...faces.flatMap(({ specifier, meaning, names }) => [
      `## \`${specifier}\`\n`,
      `${meaning[0]!.toUpperCase()}${meaning.slice(1)}. ${names.length} names.\n`,
      `${names.map(({ name, kind, meaning }) => `- \`${name}\` (${kind}): ${escaped(meaning)}`.trim()).join('\n')}\n`,
    ]),
  ].join('\n');

/** Outside of code, `*` and `_` are letters here. */
const escaped = (text: string): string =>
  text.replaceAll(/`[^`]*`|[*_<]/g, (found) => (found.length > 1 ? found : `\\${found}`));

if (import.meta.filename === process.argv[1]) {
  const text = markdownOf(readFaces());
  if (process.argv.includes('--write')) writeFileSync(`${root}docs/api.md`, text);
  process.stdout.write(text);
}
