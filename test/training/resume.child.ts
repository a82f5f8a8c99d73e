/** One training in a process of its own, to be killed: `node --import tsx test/training/resume.child.ts <scenes> <run>`. */

import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune } from '../../src/training/finetune.ts';
import { nanoDescription } from '../fixtures/nano.ts';

const [data, folder] = process.argv.slice(2) as [string, string];
const teacher = createModel(nanoDescription('vilt'), 1);
const student = createStudent(teacher, { seed: 2 });
const options = {
  ...{
    teacher,
    data,
    folder,
    task: vqa,
    resume: true,
    updates: 40,
    batch: 8,
    accumulation: 2,
    clip: 1,
    seed: 3,
    threads: 1,
  },
  ...{ learningRate: 1e-3, dropoutRate: 0.2, checkpointEvery: 2, validateEvery: 10 },
};
for await (const { number } of finetune(student, options)) console.log(number);
