/** Loads the teacher that comes with the package and judges it on new pictures: `npx tsx examples/1-load-a-teacher.ts` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '../src/data.ts';
import { accuracyOf, evaluate, loadModel, preprocessorFor, vqa } from '../src/index.ts';
import { worlds } from '../src/studies/scenes/world.ts';
import { writeScenes } from '../src/studies/scenes/write.ts';

const teacher = await loadModel('assets/teacher-mini.safetensors');
const { architecture, sizes, answers } = teacher.config;
console.log(`${architecture.name}: ${sizes.depth} layers of width ${sizes.width}, ${answers.length} answers`);

// 20 pairs of pictures that differ by one small edit, with a question that the two answer differently
const folder = await mkdtemp(join(tmpdir(), 'dide-'));
const world = { ...worlds.mini, maxHops: 1, questions: ['exists', 'count', 'attribute'] } as const;
await writeScenes(folder, { seed: 77, view: 'vqa', world, sizes: { validation: 20 }, encodePng });

const examples = await vqa.read(folder, 'validation');
const preprocessor = preprocessorFor(teacher.config, { batch: 20 });
const judged = await evaluate(teacher, examples, { task: vqa, preprocessor, threads: 1 });
for (const { example, predicted, score } of judged.slice(0, 4)) {
  console.log(`${example.text} ${predicted}: ${score === 1 ? 'right' : 'wrong'}`);
}
console.log(`${(100 * accuracyOf(judged)).toFixed(0)} % of ${judged.length} questions right`);
await rm(folder, { recursive: true });
