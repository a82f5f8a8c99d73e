import { fileURLToPath } from 'node:url';
import { loadModel } from '../src/checkpoints/load.ts';
import { add, cast } from '../src/engine/ops.ts';
import { compile } from '../src/engine/runtime/compile.ts';
import { input, type Tensor } from '../src/engine/tensor.ts';
import { imageFeatures, interactionOfFeatures } from '../src/model/interaction.ts';
import { createParams } from '../src/model/params.ts';
import { median } from './table.ts';

/** Images of a block, as a scan has them. */
const BLOCK = 1024;
const TURNS = 40;

/**
 * Two things that could be kept of an image, as float16: its half of the first layer of f (`share`), or the vector that it is
 * computed from, half as long (`vector`). What a question costs an image on one thread with either. → lines for people
 */
export const measureKept = async (): Promise<string[]> => {
  const model = await loadModel(fileURLToPath(new URL('../assets/student-mini.safetensors', import.meta.url)));
  const { config, weights } = model;
  const { width } = config.sizes;
  const logitsOf = (kept: 'share' | 'vector'): Tensor => {
    const p = createParams();
    const image = cast(input('image', ['images', kept === 'share' ? 2 * width : width], 'float16'), 'float');
    const share = kept === 'share' ? image : imageFeatures(p, image);
    const pair = interactionOfFeatures(p, add(input('text', [1, 2 * width]), share));
    return config.purpose.logits!(config, p, [pair]);
  };
  const sessions = {
    share: await compile({ out: logitsOf('share') }, { weights, threads: 1 }),
    vector: await compile({ out: logitsOf('vector') }, { weights, threads: 1 }),
  };
  const text = { shape: [1, 2 * width], data: new Float32Array(2 * width).map((_, i) => Math.sin(i)) };
  const times = { share: [] as number[], vector: [] as number[] };
  for (let turn = 0; turn < TURNS; turn += 1)
    for (const [kept, numbers] of [['share', 2 * width] as const, ['vector', width] as const]) {
      const image = { shape: [BLOCK, numbers], data: new Uint16Array(BLOCK * numbers).fill(0x3c00) };
      const began = performance.now();
      await sessions[kept].run({ text, image });
      // the first runs also fill the caches
      if (turn > 4) times[kept].push((1000 * (performance.now() - began)) / BLOCK);
    }
  for (const session of Object.values(sessions)) session.close();
  const row = (kept: 'share' | 'vector', bytes: number): string => {
    const [middle, least] = [median(times[kept]), Math.min(...times[kept])].map((each) => each.toFixed(2));
    return `  ${kept.padEnd(8)} ${bytes} bytes an image, ${middle} µs a question on one thread (fastest ${least})`;
  };
  const ratio = median(times.vector.map((each, i) => each / times.share[i]!));
  return [
    'what is kept of an image, mini, float16',
    row('share', 4 * width),
    row('vector', 2 * width),
    `  the vector takes ${ratio.toFixed(2)} of the time`,
  ];
};
