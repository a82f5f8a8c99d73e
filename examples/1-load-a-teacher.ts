/** Loads the teacher that comes with the package and evaluates it: `npx tsx examples/1-load-a-teacher.ts` */
import { evaluate, loadModel, vqa } from 'dide';

const data = 'runs/quickstart/scenes-0-4000'; // made by `npm run quickstart`

const teacher = await loadModel('assets/teacher-mini.safetensors');
const { architecture, sizes, answers } = teacher.config;
console.log(`${architecture.name}: ${sizes.depth} layers of width ${sizes.width}, ${answers.length} answers`);

// pairs of pictures that differ by one small edit, with a question that the two answer differently
const examples = (await vqa.read(data, 'test-iid')).slice(0, 40);
const { predictions, accuracy } = await evaluate(teacher, { task: vqa, examples, batch: 20 });
for (const { example, predicted, score } of predictions.slice(0, 4)) {
  console.log(`${example.text} ${predicted}: ${score === 1 ? 'right' : 'wrong'}`);
}
console.log(`${(100 * accuracy).toFixed(0)} % of ${predictions.length} questions right`);
