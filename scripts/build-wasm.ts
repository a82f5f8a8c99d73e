/**
 * Compiles the kernels (src/kernels/X/X.as.ts, AssemblyScript) to modules that carry the bytes (X.wasm.ts):
 *
 *   npx tsx scripts/build-wasm.ts
 *
 * The results are committed, so that running them needs no compiler; a test beside each compiles it again and compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const names = ['adamw', 'dropout', 'patches', 'resize'] as const;

/** A folder of src/kernels. */
export type KernelName = (typeof names)[number];

const sourceOf = (name: KernelName): string => `src/kernels/${name}/${name}.as.ts`;
const targetOf = (name: KernelName): string => `src/kernels/${name}/${name}.wasm.ts`;

const FLAGS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory'];

/** Further flags of single kernels: shared memory for threads, of any size up to WebAssembly's 4 GiB. */
const ownFlags: Partial<Record<KernelName, readonly string[]>> = {
  adamw: ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'],
};

const pathOf = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The bytes of a module, from the installed compiler. @throws Error with the compiler's message. */
export const compileKernels = async (name: KernelName): Promise<Uint8Array> => {
  const source = sourceOf(name);
  const flags = ['--enable', 'simd', ...FLAGS, ...(ownFlags[name] ?? [])];
  const written = new Map<string, Uint8Array>();
  const { error, stderr } = await asc.main([source, '--outFile', 'kernels.wasm', ...flags], {
    readFile: (file) => (file === source ? readFileSync(pathOf(source), 'utf8') : null),
    writeFile: (file, contents) => {
      if (typeof contents !== 'string') written.set(file, contents);
    },
    listFiles: () => [],
  });
  const bytes = written.get('kernels.wasm');
  if (error || !bytes)
    throw new Error(`build-wasm: ${source} does not compile: ${error?.message}\n${stderr.toString()}`);
  return bytes;
};

/** Source text of the TypeScript module that carries the bytes. */
export const moduleText = (name: KernelName, bytes: Uint8Array): string => {
  return [
    `/** ${sourceOf(name)}, compiled (scripts/build-wasm.ts): ${bytes.length} bytes in base64. Not written by hand. */`,
    `export const ${name}Module =\n  '${Buffer.from(bytes).toString('base64')}';\n`,
  ].join('\n');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of names) {
    const bytes = await compileKernels(name);
    writeFileSync(pathOf(targetOf(name)), moduleText(name, bytes));
    console.log(`${targetOf(name)}: ${bytes.length} bytes of WebAssembly`);
  }
}
