/**
 * The benchmarks on public data, from nothing to their tables.
 *
 *     npx tsx bench/benchmarks.ts easy-vqa
 *     npx tsx bench/benchmarks.ts emoji --folder runs/emoji
 *     npx tsx bench/benchmarks.ts emoji-locked --image-body vit_s_focus.onnx --text-body minilm/model.safetensors
 *     npx tsx bench/benchmarks.ts emoji-new --image-body vit_s_focus.onnx --text-body minilm/model.safetensors
 *     npx tsx bench/benchmarks.ts easy-vqa --tiny
 *
 * Every step is a command of dide, which is printed before it runs. What is done is not done again, and what was stopped
 * goes on where it was, so Ctrl-C and the same command lose nothing. Flags: --folder PATH (default runs/<name>), --tiny,
 * --threads N (default all). The table comes out as Markdown, the numbers in `results.json` of the folder.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchmarks, markdownOf, runBenchmark } from './public-data.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string' },
    tiny: { type: 'boolean' },
    threads: { type: 'string' },
    'image-body': { type: 'string' },
    'text-body': { type: 'string' },
  },
});

const name = positionals[0] as keyof typeof benchmarks;
if (!(name in benchmarks)) throw new Error(`benchmarks: which of ${Object.keys(benchmarks).join(', ')}?`);

const { 'image-body': imageBody, 'text-body': textBody } = flags;
if (/locked|new/.test(name) && !(imageBody && textBody)) throw new Error(`${name}: give --image-body and --text-body`);

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** A command of dide as a process of its own, its report on stderr, so that stdout has the table alone. */
const dide = (args: readonly string[]): Promise<void> => {
  const threads = args[0] === 'finetune' && flags.threads !== undefined ? ['--threads', flags.threads] : [];
  const given = [...args, ...threads];
  process.stderr.write(`\n$ dide ${given.join(' ')}\n`);
  // Ctrl-C reaches the command too, which saves what it has; only then this process ends.
  const wait = (): void => {};
  process.on('SIGINT', wait);
  return new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...given], { stdio: ['ignore', 2, 2] });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`dide ${args[0]} ended with ${code}`))));
  }).finally(() => process.off('SIGINT', wait));
};

const rows = await runBenchmark(benchmarks[name], {
  folder: flags.folder ?? `runs/${name}`,
  tiny: flags.tiny ?? false,
  files: { 'image body': imageBody ?? '', 'text body': textBody ?? '' },
  dide,
}).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
console.log(markdownOf(rows));
