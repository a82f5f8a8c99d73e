/**
 * Compiles what is in wasm/ (AssemblyScript) to modules that carry the bytes: `npx tsx scripts/build-wasm.ts`.
 *
 * The results are committed, so that nobody needs the compiler to run them; a test beside each compiles once more and
 * compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** What is compiled: where to, and what the bytes are called there. */
const kernels = {
  adamw: {
    source: 'src/kernels/adamw/adamw.as.ts',
    target: 'src/kernels/adamw/adamw.wasm.ts',
    constant: 'adamwKernels',
  },
  patches: {
    source: 'src/kernels/patches/patches.as.ts',
    target: 'src/kernels/patches/patches.wasm.ts',
    constant: 'patchKernels',
  },
  random: {
    source: 'src/kernels/dropout/dropout.as.ts',
    target: 'src/kernels/dropout/dropout.wasm.ts',
    constant: 'randomKernels',
  },
  resize: {
    source: 'src/kernels/resize/resize.as.ts',
    target: 'src/kernels/resize/resize.wasm.ts',
    constant: 'resizeKernels',
  },
} as const;

export type KernelName = keyof typeof kernels;

const FLAGS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory'];

/** What one of them has beside these: memory that threads share, whatever there is of it up to the 4 GiB that exist. */
const ownFlags: Partial<Record<KernelName, readonly string[]>> = {
  adamw: ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'],
};

const pathOf = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The bytes of a module as the installed compiler makes them. Throws with the compiler's words. */
export const compileKernels = async (name: KernelName): Promise<Uint8Array> => {
  const { source } = kernels[name];
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

/** The TypeScript module that carries the bytes. */
export const moduleText = (name: KernelName, bytes: Uint8Array): string => {
  const { source, constant } = kernels[name];
  return [
    `/** ${source}, compiled (scripts/build-wasm.ts): ${bytes.length} bytes in base64. Not written by hand. */`,
    `export const ${constant} =\n  '${Buffer.from(bytes).toString('base64')}';\n`,
  ].join('\n');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(kernels) as KernelName[]) {
    const bytes = await compileKernels(name);
    writeFileSync(pathOf(kernels[name].target), moduleText(name, bytes));
    console.log(`${kernels[name].target}: ${bytes.length} bytes of WebAssembly`);
  }
}
