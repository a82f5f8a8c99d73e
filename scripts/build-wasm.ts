/**
 * Compiles wasm/adamw.ts (AssemblyScript) to src/training/adamw-kernels.wasm.ts: `npx tsx scripts/build-wasm.ts`.
 *
 * The result is committed, so that nobody needs the compiler to run it; src/training/adamw-kernels.test.ts compiles
 * once more and compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const SOURCE = 'wasm/adamw.ts';
const TARGET = 'src/training/adamw-kernels.wasm.ts';
const FLAGS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory'];

const pathOf = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The bytes of the kernels' module as the installed compiler makes them. Throws with the compiler's words. */
export const compileKernels = async (): Promise<Uint8Array> => {
  const written = new Map<string, Uint8Array>();
  const { error, stderr } = await asc.main([SOURCE, '--outFile', 'kernels.wasm', '--enable', 'simd', ...FLAGS], {
    readFile: (name) => (name === SOURCE ? readFileSync(pathOf(SOURCE), 'utf8') : null),
    writeFile: (name, contents) => {
      if (typeof contents !== 'string') written.set(name, contents);
    },
    listFiles: () => [],
  });
  const bytes = written.get('kernels.wasm');
  if (error || !bytes)
    throw new Error(`build-wasm: ${SOURCE} does not compile: ${error?.message}\n${stderr.toString()}`);
  return bytes;
};

/** The TypeScript module that carries the bytes. */
export const moduleText = (bytes: Uint8Array): string =>
  [
    `/** ${SOURCE}, compiled (scripts/build-wasm.ts): ${bytes.length} bytes in base64. Not written by hand. */`,
    `export const adamwKernels =\n  '${Buffer.from(bytes).toString('base64')}';\n`,
  ].join('\n');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = await compileKernels();
  writeFileSync(pathOf(TARGET), moduleText(bytes));
  console.log(`${TARGET}: ${bytes.length} bytes of WebAssembly`);
}
