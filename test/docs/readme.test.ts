import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModel, saveModel } from '../../src/index.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';
import { blocksOf, root, textOf } from './markdown.ts';

const sketches = blocksOf(textOf('README.md'), 'ts');

/** What a reader imports, and where it lies here. */
const entries: Readonly<Record<string, string>> = {
  dide: `${root}src/index.ts`,
  'dide/engine': `${root}src/engine.ts`,
  'dide/model': `${root}src/model.ts`,
  'dide/data': `${root}src/data.ts`,
  'dide/training': `${root}src/training.ts`,
};

/** What the compiler says of some files that are nowhere on disk. */
const complaintsAbout = (files: ReadonlyMap<string, string>): string[] => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const paths = Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, [path]]));
  // a reader may leave unused what a sketch only shows
  const host = ts.createCompilerHost({ ...options, paths });
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options: { ...options, paths, noUnusedLocals: false },
    host: {
      ...host,
      fileExists: (path) => files.has(path) || host.fileExists(path),
      readFile: (path) => files.get(path) ?? host.readFile(path),
      getSourceFile: (path, ...rest) =>
        files.has(path)
          ? ts.createSourceFile(
              path,
              files.get(path)!,
              { languageVersion: ts.ScriptTarget.ES2022, impliedNodeFormat: ts.ModuleKind.ESNext },
              true,
            )
          : host.getSourceFile(path, ...rest),
    },
  });
  return [...files.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  });
};

describe('the sketches of the README', () => {
  it('are five', () => expect(sketches).toHaveLength(5));

  it('have the types of the public face, and a mistake in one is seen', { timeout: 120_000 }, () => {
    const files = new Map(sketches.map((code, i) => [`${root}sketch-${i + 1}.ts`, code]));
    const wrong = `${root}wrong.ts`;
    files.set(wrong, sketches[0]!.replace('createStudent(teacher)', 'createStudent(7)'));
    const complaints = complaintsAbout(files);
    expect(complaints.filter((complaint) => !complaint.startsWith(wrong))).toEqual([]);
    expect(complaints).toHaveLength(1);
  });
});

/** Toy sizes for what a sketch does at full size. */
const small = (code: string): string =>
  code
    .replace('epochs: 10', 'epochs: 1')
    .replace('batch: 64', 'batch: 8')
    .replace('updates: 1000', 'updates: 12')
    .replace('1e-4', '3e-3');

const here = (code: string): string =>
  code.replaceAll(/from '(dide(?:\/\w+)?)'/g, (_, name: string) => `from '${pathToFileURL(entries[name]!)}'`);

describe('the sketches of the README run', { timeout: 120_000 }, () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'dide-readme-'));
    await writeNano(join(home, 'data', 'scenes'), 8);
    await cp(join(home, 'data', 'scenes', 'images', 'validation'), join(home, 'photos'), { recursive: true });
    await mkdir(join(home, 'runs', 'teacher'), { recursive: true });
    await saveModel(join(home, 'runs', 'teacher', 'best.safetensors'), createModel(nanoDescription('vilt'), 1));
    await writeFile(join(home, 'train.jsonl'), '{"file": "1.png", "caption": "of course", "tone": "ironic"}\n');
  }, 60_000);
  afterAll(() => rm(home, { recursive: true, force: true }));

  /** Runs one as a reader would, in a folder with a teacher, data and photos. → what it printed, line by line */
  const run = async (number: number, then = ''): Promise<string[]> => {
    const file = join(home, `sketch-${number}.mts`);
    await writeFile(file, here(small(sketches[number - 1]!)) + then);
    const args = ['--import', import.meta.resolve('tsx'), file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: home });
    return stdout.trim().split('\n');
  };

  it('from the distilled student to answers over cached photos', async () => {
    await run(1);
    const answers = await run(2);
    expect(answers).toHaveLength(5);
    expect(answers[0]).toMatch(/^\d+\.png \w+ 0\.\d+$/);
  });

  it('the task reads its own annotations, and scores', async () => {
    const [read] = await run(3, `console.log(JSON.stringify(await memeTone.read('.', 'train')));`);
    expect(JSON.parse(read!)).toEqual([
      { id: 'train.jsonl:1', text: 'of course', images: ['./1.png'], answers: [{ answer: 'ironic', score: 1 }] },
    ]);
  });

  it('the objective is trained with, and falls', async () => {
    const losses = (await run(4)).map((line) => Number(line.split(' ')[1]));
    expect(losses).toHaveLength(12);
    expect(losses[11]).toBeLessThan(losses[0]!);
  });

  it('the engine finds a loss and its gradient', async () => {
    // errors of -2, -3, -5: the mean of their squares, and 2/3 of their sums over the rows that see each weight
    expect((await run(5)).join(' ')).toMatch(/12\.66\d+.*-4\.66\d+, -5\.33\d+/);
  });
});
