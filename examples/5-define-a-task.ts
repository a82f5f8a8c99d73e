/** A task of one's own, learnt by a model that was trained for another: `npx tsx examples/5-define-a-task.ts` */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adaptModel, type Example, finetune, loadModel, type Task } from 'dide';
import { encodePng, readJsonLines } from 'dide/data';

/** On which side is it light? Its annotations are lines of {"file", "side"}. */
const lightSide: Task = {
  name: 'light_side',
  images: 1,
  scoring: 'softmax',
  answers: async () => ['left', 'right'],
  read: async (folder, split) => {
    const examples: Example[] = [];
    for await (const { where, row } of readJsonLines(join(folder, `${split}.jsonl`))) {
      const answers = [{ answer: String(row.side), score: 1 }];
      examples.push({ id: where, text: 'left or right', images: [join(folder, String(row.file))], answers });
    }
    return examples;
  },
  score: (predicted, { answers }) => (predicted === answers[0]!.answer ? 1 : 0),
};

const folder = await mkdtemp(join(tmpdir(), 'dide-'));
for (const split of ['train', 'validation']) {
  const rows = Array.from({ length: 32 }, (_, i) => ({ file: `${split}-${i}.png`, side: i % 2 ? 'left' : 'right' }));
  for (const [i, { file, side }] of rows.entries()) {
    const data = Uint8Array.from({ length: 6912 }, (_, at) => 2 * i + (at % 144 < 72 === (side === 'left') ? 150 : 60));
    await writeFile(join(folder, file), await encodePng({ width: 48, height: 48, data }));
  }
  await writeFile(join(folder, `${split}.jsonl`), rows.map((row) => JSON.stringify(row)).join('\n'));
}
// all of the teacher but its head, which is new; then ground truth, since nobody teaches this task yet
const teacher = await loadModel('assets/teacher-mini.safetensors');
const model = adaptModel(teacher, { task: lightSide, answers: await lightSide.answers(folder) });
const learning = { task: lightSide, data: folder, batch: 16, updates: 20, learningRate: 1e-3, dropoutRate: 0 };
for await (const { number, of, validation } of finetune(model, { ...learning, threads: 1 })) {
  if (number === of) console.log(`${(100 * validation!).toFixed(0)} % right after ${of} updates`);
}
await rm(folder, { recursive: true });
