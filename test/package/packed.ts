import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root, textOf } from '../docs/markdown.ts';

/** An entry of package-lock.json, as far as it is read here. */
interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

/** Packages of package-lock.json by their folder; '' is the project. */
export const locked = (): Readonly<Record<string, Locked>> =>
  (JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Locked> }).packages;

/** Packages that only reports need: the library must load without them. */
const forReports = ['vega', 'vega-lite'];

const fromNpm = { ...process.env, npm_config_update_notifier: 'false' };

/**
 * Packs a fresh copy of the project, with the node_modules of this one, by `npm pack` alone.
 *
 * → path of the tarball
 */
export const packProject = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'dide-pack-'));
  const copy = join(home, 'dide');
  const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const parts = ['src', 'page', 'assets', '*.md', '*.json', '*.ts', 'LICENSE', 'NOTICE', '.npmrc'];
  for (const path of execFileSync('git', [...listed, '-z', ...parts], { cwd: root, encoding: 'utf8' }).split('\0')) {
    if (path === '' || !existsSync(root + path)) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(root + path, join(copy, path));
  }
  symlinkSync(`${root}node_modules`, join(copy, 'node_modules'));
  execFileSync('npm', ['pack', '--pack-destination', home], { cwd: copy, env: fromNpm, stdio: 'pipe' });
  return join(home, readdirSync(home).find((name) => name.endsWith('.tgz'))!);
};

/**
 * Installs a tarball into an empty project beside it, as npm lays it out: its files, its dependencies with theirs (links
 * to those of the lock, so that no registry is asked), its program. Packages that only reports need are left out.
 *
 * → folder of the project
 */
export const installInto = (tarball: string): string => {
  const project = join(dirname(tarball), 'project');
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n');
  execFileSync('tar', ['xzf', tarball, '-C', modules]);
  cpSync(join(modules, 'package'), join(modules, 'dide'), { recursive: true });
  symlinkSync('../dide/dist/cli/main.js', join(modules, '.bin', 'dide'));
  for (const name of [...dependenciesOf(join(modules, 'dide')), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(`${root}node_modules/${name}`, join(modules, name));
  }
  return project;
};

/** Names of the dependencies of an unpacked package, and of theirs, that stand in the lock's topmost folder. */
const dependenciesOf = (folder: string): string[] => {
  const packages = locked();
  const found = new Set<string>();
  const follow = (from: string, { dependencies, optionalDependencies }: Locked): void => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((path) => path in packages);
      if (path === undefined || forReports.includes(name) || found.has(path) || !existsSync(root + path)) continue;
      found.add(path);
      follow(path, packages[path]!);
    }
  };
  follow('', JSON.parse(textOf('package.json', `${folder}/`)) as Locked);
  return [...found].map((path) => path.replace('node_modules/', '')).filter((name) => !name.includes('node_modules'));
};

/** Runs a program in a folder. → what it wrote to stdout. @throws Error with what it wrote to stderr where it fails. */
export const output = async (cwd: string, program: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { cwd, env: fromNpm })).stdout;
