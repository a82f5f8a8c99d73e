import { dirname } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import {
  acts,
  circles,
  code,
  entrances,
  everything,
  floorOf,
  found,
  generated,
  importsOf,
  isNamedFunction,
  lengthOf,
  lineOf,
  loadedBy,
  pageSources,
  parsed,
  read,
  sources,
  statementsOf,
} from './house/sources.ts';

/** Arrows point only downward: a file imports from its own floor and from lower ones. Equal numbers never meet. */
const floors: Readonly<Record<string, number>> = {
  errors: 0,
  // types alone, of what a tool makes of the service's document: the client runs where there is no Node
  client: 1,
  files: 1,
  kernels: 1,
  // the Hub: what is on other machines, fetched into files
  hub: 2,
  // several processes as one: it knows arrays and bytes alone
  processes: 2,
  engine: 2,
  data: 3,
  model: 3,
  optim: 3,
  // Spark: it knows lines, and reads Arrow
  spark: 4,
  objectives: 4,
  tasks: 5,
  checkpoints: 6,
  inference: 7,
  evaluation: 8,
  export: 8,
  // beside training, which it never meets, so that a server loads none of it; what draws attention is handed to it
  service: 9,
  training: 9,
  // the library without Node, which shares the floors' code that touches no file
  web: 10,
  faces: 11,
  studies: 12,
  cli: 13,
};

/** Imports that are forbidden whatever the floors say, and why. The importer's path begins at src/. */
const never: readonly (readonly [from: RegExp, imported: RegExp, why: string])[] = [
  [/^engine\//, /^src\/(?!(engine|kernels)\/)/, 'the engine could be published alone'],
  [/^(model|objectives)\//, /^(node:|onnxruntime|koffi|sharp|src\/(data|files|kernels)\/)/, 'symbols only'],
  [/^data\//, /^src\/engine\/(?!numbers\.ts$)/, 'a worker that reads pictures must not load a runtime'],
  [/^objectives\//, /^src\/model\/(fusion-encoder|dual-encoder)\.ts$/, 'an objective sees what, not who'],
  [/^inference\//, /^src\/training\//, 'a server never loads the training code'],
  [/^client/, /^(node:|src\/(?!client\/))/, 'a client runs in a browser'],
  [/^(?!service\/)/, /^(@?hono|pino|prom-client)/, 'HTTP is spoken in one room'],
  [/^(?!engine\/runtime\/)/, /^onnxruntime/, 'a foreign library is met in one room'],
  [/^(?!engine\/runtime\/|files\/flock\.ts$)/, /^koffi/, 'C is called by the runtime, and for the one lock'],
  [
    /^(?!files\/lock\.ts$|processes\/mpi-api\.ts$)/,
    /^src\/files\/flock\.ts$/,
    'and by MPI, which opens it as the lock does',
  ],
  [/^(?!data\/image\.ts$)/, /^sharp/, 'a foreign library is met in one room'],
  [/^(?!inference\/store\/s3\/)/, /^aws4fetch/, 'a foreign library is met in one room'],
  [/^(?!hub\/)/, /^@huggingface/, 'a foreign library is met in one room'],
  [
    /^cli\//,
    /^src\/(?!\w+\.ts$|files\/|studies\/|cli\/)/,
    'the command line uses the public faces, and files/ for atomic writes',
  ],
  [
    /^studies\//,
    /^src\/(?!\w+\.ts$|studies\/|files\/)/,
    // archives and atomic writes are no matter of models: a face that exported them would only be harder to read
    'studies use the public faces, and files/ for archives and atomic writes',
  ],
];

const LONGEST_FILE = 250;
const MOST_STATEMENTS = 30;
const MOST_PARAMETERS = 5;
/** Source files of one folder, not counting those of its subfolders. */
const MOST_FILES = 22;
/** Ops are mutually recursive through their derivatives, so any split of them makes a circle. */
const longerFiles: Readonly<Record<string, number>> = { 'src/engine/ops.ts': 380 };

const isUpward = (path: string, imported: string): boolean => {
  if (!imported.startsWith('src/')) return false;
  const [from, to] = [floorOf(path), floorOf(imported)];
  return from !== to && !(floors[to]! < floors[from]!);
};

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

  it('without a circle, types included', () => {
    expect(circles()).toEqual([]);
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

  it('of which all that `dide/web` loads runs in a browser', () => {
    // without Node and without files; of packages only those that are of no one machine
    const ofNoble = ['@noble/hashes/sha2.js', '@noble/hashes/utils.js'];
    const portable = [
      '@bufbuild/protobuf',
      '@bufbuild/protobuf/codegenv2',
      ...ofNoble,
      'fastest-levenshtein',
      'picomatch',
      'zod',
    ];
    const { files, packages } = loadedBy('src/web.ts');
    expect(packages).toEqual(portable);
    const ofNode = /\b(Buffer|process|require)\b[.(]/;
    expect(files.filter((path) => !generated.test(path) && ofNode.test(read(path)))).toEqual([]);
    expect(files.length).toBeGreaterThan(60);
  });

  it('are seen by a search that finds static, dynamic and side-effect imports', () => {
    expect(importsOf('src/data/image.ts')).toContain('sharp');
    expect(importsOf('src/engine/runtime/runtime.ts')).toEqual(
      expect.arrayContaining(['node:os', 'src/engine/runtime/guarded.ts', 'src/engine/runtime/native.ts']),
    );
  });
});

describe('the page before the house', () => {
  it('is made of its own files, of Preact, of types of the client, and in a tab of the library without Node', () => {
    const own = /^(page\/|preact(\/hooks)?$)/;
    const ofTab = /^(dide\/web|onnxruntime-web\/(wasm|webgpu))$/;
    const foreign = pageSources.flatMap((path) =>
      importsOf(path)
        .filter((imported) => !own.test(imported) && !isClientType(path, imported))
        .filter((imported) => !(/^page\/(tab|train)\//.test(path) && ofTab.test(imported)))
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(foreign).toEqual([]);
    expect(pageSources.length).toBeGreaterThan(30);
  });

  const isClientType = (path: string, imported: string): boolean =>
    imported === 'dide/client' && /^import type .* from 'dide\/client';$/m.test(read(path));
});

describe('the rooms of the house', () => {
  it('are files of at most 250 lines', () => {
    const long = code
      .filter((path) => !generated.test(path) && lengthOf(path) > (longerFiles[path] ?? LONGEST_FILE))
      .map((path) => `${path}: ${lengthOf(path)} lines`);
    expect(long).toEqual([]);
  });

  it('are functions of at most 30 statements and 5 parameters', () => {
    const outsized = found((node, path) => {
      if (!(ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || isNamedFunction(node))) return undefined;
      const [statements, parameters] = [statementsOf(node), node.parameters.length];
      if (statements > MOST_STATEMENTS) return `a function of ${statements} statements`;
      return parameters > MOST_PARAMETERS && !(path in longerFiles)
        ? `a function of ${parameters} parameters`
        : undefined;
    });
    expect(outsized).toEqual([]);
  });

  it('hold at most 22 source files each', () => {
    const counts = new Map<string, number>();
    for (const path of [...sources, ...pageSources]) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    const crowded = [...counts].filter(([, count]) => count > MOST_FILES);
    expect(crowded).toEqual([]);
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

describe('importing is free', () => {
  it('since no module waits or acts at import time', () => {
    const acting = [...parsed].flatMap(([path, file]) => {
      const statements = entrances.has(path) ? [] : file.statements.filter(acts);
      return statements.map((statement) => `${path}:${lineOf(statement)}: ${statement.getText().slice(0, 60)}`);
    });
    expect(acting).toEqual([]);
  });
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
