import ts from 'typescript';
import { root } from './markdown.ts';

/**
 * Names of the top-level declarations of src, as `file:name`, that the command line uses: its main file's statements,
 * what they name, what that names, and so on. Names that only types mention are no uses, nor are re-exports of a face.
 */
export const usedByCommandLine = (): ReadonlySet<string> => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([`${root}src/cli/main.ts`], options);
  const checker = program.getTypeChecker();
  const used = new Set<string>();
  const waiting: ts.Node[] = [program.getSourceFile(`${root}src/cli/main.ts`)!];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const declaration of valuesIn(node).flatMap((identifier) => declarationsOf(identifier, checker))) {
      const statement = topLevelOf(declaration);
      const path = declaration.getSourceFile().fileName;
      if (statement === undefined || !path.startsWith(`${root}src/`)) continue;
      const key = `${path.slice(root.length)}:${nameOf(statement)}`;
      if (used.has(key)) continue;
      used.add(key);
      waiting.push(statement);
    }
  }
  return used;
};

/** Identifiers of a piece of code that stand for values. */
const valuesIn = (node: ts.Node): ts.Identifier[] => {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return [];
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return [];
  const found: ts.Identifier[] = ts.isIdentifier(node) ? [node] : [];
  ts.forEachChild(node, (child) => {
    found.push(...valuesIn(child));
  });
  return found;
};

const declarationsOf = (identifier: ts.Identifier, checker: ts.TypeChecker): readonly ts.Declaration[] => {
  const isShorthand = ts.isShorthandPropertyAssignment(identifier.parent);
  const symbol = isShorthand
    ? checker.getShorthandAssignmentValueSymbol(identifier.parent)
    : checker.getSymbolAtLocation(identifier);
  if (symbol === undefined) return [];
  const { declarations = [] } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return declarations;
};

/** The declaration at the top of its file that is this one; undefined for a variable or a parameter inside a function. */
const topLevelOf = (declaration: ts.Declaration): ts.Declaration | undefined => {
  if (ts.isFunctionDeclaration(declaration) || ts.isClassDeclaration(declaration))
    return ts.isSourceFile(declaration.parent) ? declaration : undefined;
  // const a = 1; const { a, b } = …;
  const isVariable = ts.isVariableDeclaration(declaration) || ts.isBindingElement(declaration);
  let top: ts.Node = declaration;
  while (isVariable && !ts.isVariableStatement(top) && !ts.isSourceFile(top) && !ts.isBlock(top)) top = top.parent;
  return ts.isVariableStatement(top) && ts.isSourceFile(top.parent) ? declaration : undefined;
};

const nameOf = (declaration: ts.Declaration): string => (declaration as ts.VariableDeclaration).name.getText();
