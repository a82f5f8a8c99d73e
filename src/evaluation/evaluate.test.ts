import { expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { encodePng } from '../data/image.ts';
import { createSkipPolicy } from '../data/skip-policy.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
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
  const onProgress = (...told: number[]) => void progress.push(told);
  const { predictions } = await evaluate(trained, {
    ...{ task: vqa, examples, batch: 2, threads: 1 },
    onUnreadable: unreadable.listen,
    onProgress,
  });
  expect(predictions.map(({ example }) => example.id)).toEqual(['0', '1', '2']);
  expect(unreadable.failures()).toHaveLength(2);
  expect(progress).toEqual([
    [2, 5],
    [3, 5],
    [5, 5],
  ]);
});
