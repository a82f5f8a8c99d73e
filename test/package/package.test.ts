import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, root, textOf } from '../docs/markdown.ts';
import { installInto, locked, output, packProject } from './packed.ts';

let [tarball, project] = ['', ''];
beforeAll(() => {
  tarball = packProject();
  project = installInto(tarball);
}, 900_000);
afterAll(() => rmSync(dirname(tarball), { recursive: true, force: true }));

const faces = ['', '/engine', '/model', '/data', '/training', '/query', '/hub', '/scale'];

/** A program that serves the student of three pictures, and asks it by the client. */
const serving = `
import { mkdirSync, writeFileSync } from 'node:fs';
import { cacheImages, createStudent, loadModel } from 'dide';
import { createClient } from 'dide/client';
import { encodePng } from 'dide/data';
import { createServer } from 'dide/server';
const student = createStudent(await loadModel('node_modules/dide/assets/teacher-mini.safetensors'));
mkdirSync('photos', { recursive: true });
const png = (i) => encodePng({ width: 40, height: 32, data: Uint8Array.from({ length: 3840 }, (_, at) => (at * (i + 3)) % 256) });
for (const i of [0, 1, 2]) writeFileSync('photos/' + i + '.png', await png(i));
await cacheImages(student, 'photos', { to: 'photos.cache' });
const server = await createServer(student, { caches: [{ cache: 'photos.cache', images: 'photos' }], port: 0 });
const { GET, POST, DELETE } = createClient({ url: server.url });
const params = { path: { cache: 'photos' } };
const one = { ...params, query: { path: 'new/3.png' } };
const about = await GET('/v1/about');
const asked = await POST('/v1/caches/{cache}/ask', { params, body: { question: 'is there a circle ?', sort: 'path' } });
const uploaded = await POST('/v1/caches/{cache}/images', { params: one, body: new Blob([await png(3)]) });
const listed = await GET('/v1/caches/{cache}/images', { params });
const thumbnail = await GET('/v1/caches/{cache}/thumbnail', { params: one, parseAs: 'blob' });
const removed = await DELETE('/v1/caches/{cache}/images', { params: one });
const refused = await POST('/v1/caches/{cache}/ask', { params, body: { question: '' } });
const page = (await (await fetch(server.url)).text()).includes('<!doctype html>');
await server.stop();
console.log(JSON.stringify({ task: about.data.model.task, answers: asked.data.answers, uploaded: uploaded.response.status,
  total: listed.data.total, thumbnail: thumbnail.data.type, removed: removed.response.status,
  refused: /question/.exec(refused.error.detail)?.[0], page }));
`;

describe('npm ci', () => {
  it('runs no install script: npm 11 is told so by allowScripts, older ones find none in the lock', () => {
    const withScripts = Object.entries(locked()).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(withScripts.map(([name]) => `${name}: take "hasInstallScript" out of package-lock.json`)).toEqual([]);
  });
});

describe('npm pack', () => {
  it('builds, and holds every file that package.json names, and no test', () => {
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const { bin, exports } = JSON.parse(textOf('package.json'));
    const named = [bin, exports].flatMap((one) => JSON.stringify(one).match(/(?:dist\/|package\.json)[^"]*/g)!);
    for (const name of [...named, 'assets/teacher-mini.safetensors', 'LICENSE', 'NOTICE', 'README.md']) {
      expect(files).toContain(`package/${name}`);
    }
    expect(files.filter((name) => /\.test\.|\.fixture\.|\/src\/|\.map$/.test(name))).toEqual([]);
  });

  it('has nothing that publint or attw finds fault with', { timeout: 60_000 }, async () => {
    expect(await output(root, 'npx', 'publint', '--strict', tarball)).toContain('All good!');
    // the profile leaves out what can only be said of packages that also come as CommonJS
    expect(await output(root, 'npx', 'attw', tarball, '--profile', 'esm-only')).not.toMatch(/❌|🟡/);
  });
});

describe('the installed package', () => {
  it('is a program', { timeout: 60_000 }, async () => {
    expect(await output(project, 'npx', '--no-install', 'dide', '--version')).toBe('0.1.0\n');
    const inspect = ['dide', 'inspect', 'node_modules/dide/assets/teacher-mini.safetensors', '--json'];
    expect(JSON.parse(await output(project, 'npx', '--no-install', ...inspect))).toMatchObject({ kind: 'model' });
  });

  it('is a library of ES modules, which needs nothing of what draws charts', { timeout: 60_000 }, async () => {
    expect(existsSync(join(project, 'node_modules', 'vega'))).toBe(false);
    const names = faces.map((face) => `await import('dide${face}')`);
    const teacher = `await loadModel('node_modules/dide/assets/teacher-mini.safetensors')`;
    const code = `import { loadModel } from 'dide'; const all = [${names}]; console.log(JSON.stringify([all.map((face) =>
      Object.keys(face).length > 2), (${teacher}).config.answers.length]))`;
    writeFileSync(join(project, 'library.mjs'), code);
    const said = JSON.parse(await output(project, process.execPath, 'library.mjs'));
    expect(said).toEqual([faces.map(() => true), 20]);
  });

  it('serves a student, and has a client that asks it', { timeout: 240_000 }, async () => {
    writeFileSync(join(project, 'serving.mjs'), serving);
    const said = JSON.parse(await output(project, process.execPath, 'serving.mjs'));
    expect(said).toMatchObject({ task: 'vqa', uploaded: 201, total: 4, page: true, removed: 204, refused: 'question' });
    expect(said.answers.map(({ image }: { image: string }) => image).sort()).toEqual(['0.png', '1.png', '2.png']);
    expect(said.thumbnail).toBe('image/webp');
  });

  it('is loaded by require, too', { timeout: 60_000 }, async () => {
    const types = faces.map((face) => `Object.keys(require('dide${face}')).length > 2`);
    writeFileSync(join(project, 'required.cjs'), `console.log(JSON.stringify([${types}]))`);
    expect(JSON.parse(await output(project, process.execPath, 'required.cjs'))).toEqual(faces.map(() => true));
  });

  describe.each([
    ['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ] as const)('has types, resolved as %s', (name, module, moduleResolution) => {
    it('for every sketch of the README and every example, and no mistake is passed', { timeout: 120_000 }, () => {
      const folder = join(project, name);
      mkdirSync(folder);
      const sketches = blocksOf(textOf('README.md'), 'ts').map((code, i) => [`sketch-${i + 1}.ts`, code] as const);
      const examples = readdirSync(`${root}examples`)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => [file, textOf(`examples/${file}`)] as const);
      const wrong = [['wrong.ts', `import { loadModel } from 'dide';\nawait loadModel(7);\n`]] as const;
      const files = [...sketches, ...examples, ...wrong].map(([file, code]) => {
        writeFileSync(join(folder, file), `${code}\nexport {};\n`);
        return join(folder, file);
      });
      const options = { module, moduleResolution, target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts'] };
      const strict = {
        strict: true,
        skipLibCheck: false,
        noEmit: true,
        types: ['node'],
        allowImportingTsExtensions: true,
      };
      const program = ts.createProgram(files, { ...options, ...strict, preserveSymlinks: false });
      const complaints = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
        return `${file?.fileName.replace(project, '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });
      expect(complaints).toEqual([expect.stringMatching(/wrong\.ts: Argument of type 'number'/)]);
    });
  });
});
