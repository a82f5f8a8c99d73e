/** Encodes the images of a folder once, then asks: `npx tsx examples/3-cache-and-ask.ts [student] [folder]` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, cacheImages, loadModel, openPredictor } from 'dide';

// a student and pictures of yours, or the one that comes with the package and what `npm run quickstart` drew
const file = process.argv[2] ?? 'assets/student-mini.safetensors';
const images = process.argv[3] ?? 'runs/quickstart/scenes-0-4000/images/validation';

await using student = await openPredictor(await loadModel(file));
const folder = await mkdtemp(join(tmpdir(), 'dide-'));
const to = join(folder, 'images.cache');
const cache = await cacheImages(student, images, { to });
for (const { image, answer, probability } of await ask(student, cache, 'is there a red star?', { top: 3 })) {
  console.log(`${image}: ${answer} (${probability.toFixed(2)})`);
}

// a second question costs no image encoding, nor does caching a folder that has not changed
const second = await ask(student, cache, 'how many shapes are there?');
await cacheImages(student, images, { to, onProgress: (p) => p.done === p.of && console.log(`${p.kept} kept`) });
console.log(`${second.length} answers from ${cache.entries.length} cached images`);
await rm(folder, { recursive: true });
