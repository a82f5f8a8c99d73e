/** Distils a student for a few updates and saves it: `npx tsx examples/2-distil-a-student.ts student.safetensors` */
import { createStudent, finetune, loadModel, saveModel, vqa } from 'dide';

const data = 'runs/quickstart/scenes-0-4000'; // made by `npm run quickstart`

// its two encoders begin as copies of the teacher's layers; the interaction module and the head are new
const teacher = await loadModel('assets/teacher-mini.safetensors');
const student = createStudent(teacher);

// L_SL + L_CA: soft labels and cross-modal attention, since there is a teacher
const options = {
  teacher,
  task: vqa,
  data,
  batch: 16,
  updates: 30,
  learningRate: 1e-3,
  dropoutRate: 0,
  validateEvery: 30,
  threads: 1,
};
const totals: number[] = [];
for await (const { number, of, losses } of finetune(student, options)) {
  totals.push(losses.total!);
  const { soft, attention } = losses;
  if (number % 10 === 0) console.log(`${number}/${of}: soft ${soft!.toFixed(3)}, attention ${attention!.toFixed(3)}`);
}
const mean = (some: readonly number[]): number => some.reduce((sum, one) => sum + one, 0) / some.length;
console.log(`the loss is ${(mean(totals.slice(-5)) / mean(totals.slice(0, 5))).toFixed(2)} of what it was`);

if (process.argv[2]) await saveModel(process.argv[2], student);
