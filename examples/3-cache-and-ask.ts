/** Encodes pictures once, then asks: `npx tsx examples/3-cache-and-ask.ts [a student's safetensors]` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '../src/data.ts';
import { ask, cacheImages, createStudent, loadModel, openPredictor } from '../src/index.ts';
import { worlds } from '../src/studies/scenes/world.ts';
import { writeScenes } from '../src/studies/scenes/write.ts';

// pictures, as a folder of yours would hold them
const folder = await mkdtemp(join(tmpdir(), 'dide-'));
const world = { ...worlds.mini, maxHops: 1, questions: ['exists', 'count', 'attribute'] } as const;
const sizes = { validation: 20 };
await writeScenes(join(folder, 'scenes'), { seed: 79, view: 'vqa', world, sizes, encodePng: encodePng });
const pictures = join(folder, 'scenes', 'images');

// without a file: a student that was not distilled yet, whose answers mean nothing
const file = process.argv[2];
const trained = file ? await loadModel(file) : createStudent(await loadModel('assets/teacher-mini.safetensors'));
await using student = await openPredictor(trained, { threads: 1 });

const to = join(folder, 'cache');
const cache = await cacheImages(student, pictures, { to });
for (const { image, answer, probability } of await ask(student, cache, 'is there a red star?', { top: 3 })) {
  console.log(`${image}: ${answer} (${probability.toFixed(2)})`);
}

// a second question costs no image encoding, nor does caching a folder that has not changed
const second = await ask(student, cache, 'how many shapes are there?');
await cacheImages(student, pictures, { to, onProgress: (p) => p.done === p.of && console.log(`${p.kept} kept`) });
console.log(`${second.length} answers from ${cache.entries.length} cached pictures`);
await rm(folder, { recursive: true });
