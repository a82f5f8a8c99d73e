import { expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { encodePng } from '../data/image.ts';
import { createSkipPolicy } from '../data/skip-policy.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { preprocessorFor } from '../inference/preprocessor.ts';
import { tiny } from '../model/sizes.ts';
import { vqa } from '../tasks/vqa.ts';
import { evaluate } from './evaluate.ts';

it('an evaluation comes to its end where its last examples are left out', async () => {
  const sizes = { ...tiny, vocabulary: SPECIAL_PIECES.length };
  const about = { task: 'vqa', images: 1, scoring: 'softmax', recipe: {} } as const;
  const answers = ['no', 'yes'];
  const trained = createModel(
    configOf({ model: 'dide', sizes, vocabulary: [...SPECIAL_PIECES], answers, ...about }, 'test'),
    1,
  );
  const png = await encodePng({ width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) });
  const examples = Array.from({ length: 5 }, (_, i) => ({
    id: `${i}`,
    images: [{ name: `${i}.png`, read: async () => (i < 3 ? png : png.subarray(0, 40)) }],
    text: 'is it',
    answers: [],
  }));
  const [unreadable, progress]: [ReturnType<typeof createSkipPolicy>, number[][]] = [createSkipPolicy(), []];
  const preprocessor = preprocessorFor(trained.config, { batch: 2, onUnreadable: unreadable.listen });
  const onProgress = (...told: number[]) => void progress.push(told);
  const judged = await evaluate(trained, examples, { task: vqa, preprocessor, threads: 1, onProgress });
  expect(judged.map(({ example }) => example.id)).toEqual(['0', '1', '2']);
  expect(unreadable.failures()).toHaveLength(2);
  expect(progress).toEqual([
    [2, 5],
    [3, 5],
    [5, 5],
  ]);
});
