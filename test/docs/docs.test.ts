import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root, textOf } from './markdown.ts';

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['assets', 'docs'].flatMap((folder) =>
    readdirSync(root + folder).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  ),
];

/** The names that a source file exports itself. */
const exportsOf = (path: string): Set<string> => {
  const file = ts.createSourceFile(path, textOf(path), ts.ScriptTarget.ES2022);
  return new Set(file.statements.filter(isExported).flatMap(namesOf));
};

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

const namesOf = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  const { name } = statement as ts.Statement & { readonly name?: ts.Node | undefined };
  return name && ts.isIdentifier(name) ? [name.text] : [];
};

/** `src/model/interaction.ts:interaction` in a document. */
const placesIn = (document: string): { path: string; name: string }[] =>
  [...textOf(document).matchAll(/`((?:src|test|scripts|bench)\/[\w./-]+\.ts):(\w+)`/g)].map(([, path, name]) => ({
    path: path!,
    name: name!,
  }));

describe('what the documents name is there', () => {
  it.each(['README.md', 'PAPER.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'NOTICE', 'assets/teacher-mini.md'])(
    '%s',
    (path) => expect(textOf(path).length).toBeGreaterThan(100),
  );

  it('every file:function of PAPER.md, exported', () => {
    const places = placesIn('PAPER.md');
    expect(places.length).toBeGreaterThan(40);
    const missing = places.filter(({ path, name }) => !existsSync(root + path) || !exportsOf(path).has(name));
    expect(missing).toEqual([]);
  });

  it.each(documents)('every link and every path of %s', (document) => {
    const text = textOf(document);
    const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
      .map(([, to]) => to!)
      .filter((to) => !/^https?:/.test(to));
    const paths = [...text.matchAll(/`((?:src|test|examples|bench|scripts)\/[\w./-]*\w)/g)].map(([, to]) => to!);
    const missing = [
      ...links.filter((to) => !existsSync(posix.join(root, posix.dirname(document), to))),
      ...paths.filter((to) => !existsSync(root + to)),
    ];
    expect(missing).toEqual([]);
  });

  it('every npm script', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((document) =>
      [...textOf(document).matchAll(/npm run ([\w-]+)/g)].map(([, script]) => script!),
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
    expect(named).toContain('quickstart');
  });
});
