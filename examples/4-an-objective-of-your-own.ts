/** Trains with a loss that is not the paper's: `npx tsx examples/4-an-objective-of-your-own.ts` */
import { createStudent, finetune, loadModel, vqa } from 'dide';
import { mean, multiply, subtract } from 'dide/engine';
import type { Objective } from 'dide/training';

/** Mean squared error between f(t, v) of the student and the pooled vector of the teacher: mean of (z_S - z_T)². → scalar */
const pairVectors: Objective = (student, teacher) => {
  const apart = subtract(student.encoded[0]!.pair, teacher.encoded[0]!.pair); // [batch, width]
  return mean(multiply(apart, apart));
};

const data = 'runs/quickstart/scenes-0-4000'; // made by `npm run quickstart`
const teacher = await loadModel('assets/teacher-mini.safetensors');
const student = createStudent(teacher);
const schedule = { batch: 16, updates: 30, learningRate: 1e-3, dropoutRate: 0, validateEvery: 30, threads: 1 };

// beside L_SL and L_CA; the derivative of a new objective follows from its ops, so nothing else is to be written
const objectives = { pair: { objective: pairVectors, weight: 1 } };
const steps = finetune(student, { teacher, task: vqa, data, objectives, ...schedule });
for await (const { number, of, losses } of steps) {
  if (number === 1 || number === of) console.log(`${number}/${of}: pair vectors ${losses.pair!.toFixed(3)} apart`);
}
