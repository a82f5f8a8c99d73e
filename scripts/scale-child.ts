/**
 * One of several processes that are timed, or one alone: `npx tsx scripts/scale-child.ts <data> <threads> <batch>
 * <updates>`. The first prints, as JSON: milliseconds of a step, the median; examples of a step; bytes of the gradients,
 * and milliseconds in which these are summed over the processes.
 */
import { createStudent, finetune, loadModel, vqa } from 'dide';
import { openProcesses } from 'dide/training';

const [data, threads, batch, updates] = process.argv.slice(2) as [string, string, string, string];
const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

await using processes = await openProcesses();
const teacher = await loadModel('assets/teacher-mini.safetensors');
const student = createStudent(teacher);
const numbers = [...student.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
const steps: number[] = [];
const options = {
  ...{ teacher, data, task: vqa, batch: Number(batch), updates: Number(updates), threads: Number(threads) },
  ...{ processes, seed: 0, validateEvery: Number(updates) },
};
// the first ones compile and read pictures, the last one validates
for await (const { number, milliseconds } of finetune(student, options))
  if (number > 3 && number < Number(updates)) steps.push(milliseconds);
const sums: number[] = [];
for (let i = 0; i < 9; i += 1) {
  const gradients = new Float32Array(numbers);
  const began = performance.now();
  await processes.sum([gradients]);
  sums.push(performance.now() - began);
}
const examples = Number(batch) * processes.size;
if (processes.rank === 0)
  console.log(JSON.stringify({ step: medianOf(steps), examples, bytes: 4 * numbers, sum: medianOf(sums) }));
