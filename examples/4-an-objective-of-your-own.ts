/** Trains with an equation that is not the paper's: `npx tsx examples/4-an-objective-of-your-own.ts` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '../src/data.ts';
import { mean, multiply, subtract } from '../src/engine.ts';
import { createStudent, loadModel, preprocessorFor, vqa } from '../src/index.ts';
import { worlds } from '../src/studies/scenes/world.ts';
import { writeScenes } from '../src/studies/scenes/write.ts';
import { type Objective, objectivesOf, train } from '../src/training.ts';

/** The student's f(t, v) must be the vector that the teacher's head reads: mean of (z_S - z_T)². → scalar */
const pairVectors: Objective = (student, teacher) => {
  const apart = subtract(student.encoded[0]!.pair, teacher.encoded[0]!.pair); // [batch, width]
  return mean(multiply(apart, apart));
};

const folder = await mkdtemp(join(tmpdir(), 'dide-'));
const world = { ...worlds.mini, maxHops: 1, questions: ['exists', 'count', 'attribute'] } as const;
const sizes = { train: 48, validation: 8 };
await writeScenes(folder, { seed: 80, view: 'vqa', world, sizes, encodePng });

const teacher = await loadModel('assets/teacher-mini.safetensors');
const model = createStudent(teacher);
const pair = { objective: pairVectors, weight: 1 };
const objectives = { ...objectivesOf('soft+attention', model.config.scoring), pair };
const [examples, validation] = [await vqa.read(folder, 'train'), await vqa.read(folder, 'validation')];
const preprocessor = preprocessorFor(model.config, { batch: 16 });
const learning = { updates: 30, learningRate: 1e-3, dropoutRate: 0, threads: 1 };

// the derivative of a new objective follows from its ops: nothing else is to be written
const steps = train({ model, teacher, objectives, task: vqa, examples, validation, preprocessor, ...learning });
for await (const { number, of, losses } of steps) {
  if (number === 1 || number === of) console.log(`${number}/${of}: pair vectors ${losses.pair!.toFixed(3)} apart`);
}
await rm(folder, { recursive: true });
