/** Distils a student for a few updates and saves it: `npx tsx examples/2-distil-a-student.ts student.safetensors` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '../src/data.ts';
import { createStudent, finetune, loadModel, saveModel, vqa } from '../src/index.ts';
import { worlds } from '../src/studies/scenes/world.ts';
import { writeScenes } from '../src/studies/scenes/write.ts';

const folder = await mkdtemp(join(tmpdir(), 'dide-'));
const data = join(folder, 'scenes');
const world = { ...worlds.mini, maxHops: 1, questions: ['exists', 'count', 'attribute'] } as const;
await writeScenes(data, { seed: 78, view: 'vqa', world, sizes: { train: 48, validation: 8 }, encodePng });

// its two encoders begin as copies of the teacher; f and the head know nothing yet
const teacher = await loadModel('assets/teacher-mini.safetensors');
const student = createStudent(teacher);

// L_SL + L_CA, since there is a teacher
const learning = { batch: 16, updates: 30, learningRate: 1e-3, dropoutRate: 0, threads: 1 };
const totals: number[] = [];
for await (const { number, of, losses } of finetune(student, teacher, { task: vqa, data, ...learning })) {
  totals.push(losses.total!);
  const { soft, attention } = losses;
  if (number % 10 === 0) console.log(`${number}/${of}: soft ${soft!.toFixed(3)}, attention ${attention!.toFixed(3)}`);
}
const meanOf = (some: readonly number[]): number => some.reduce((sum, one) => sum + one, 0) / some.length;
console.log(`the loss is ${(meanOf(totals.slice(-5)) / meanOf(totals.slice(0, 5))).toFixed(2)} of what it was`);

await saveModel(process.argv[2] ?? join(folder, 'student.safetensors'), student);
await rm(folder, { recursive: true });
