import { expect, it } from 'vitest';
import { snliVe } from '../../tasks/snli-ve.ts';
import { randomStudent } from '../inference.fixture.ts';
import { openPredictor } from '../open-predictor.ts';
import { entail } from './entail.ts';
import type { Entailment } from './judge-images.ts';
import { directProbabilities, makeGallery, student } from './query.fixture.ts';

const labels: readonly Entailment[] = ['entailment', 'neutral', 'contradiction'];
const hypothesis = 'there is a red circle';

it('gives the three probabilities of each image, in the order of the one that is asked for', async () => {
  const model = randomStudent(4, { task: 've', scoring: 'softmax', answers: [...(await snliVe.answers(''))] });
  const gallery = await makeGallery(model);
  const direct = await directProbabilities(gallery, hypothesis, model);
  await using open = await openPredictor(model, { threads: 1 });
  for (const judgement of [undefined, ...labels]) {
    const judged = await entail(open, gallery.cache, hypothesis, { judgement });
    expect(judged).toHaveLength(gallery.images.length);
    for (const one of judged) {
      for (const label of labels) expect(one[label]).toBeCloseTo(direct.get(one.image)!.get(label)!, 5);
      expect(one.judgement).toBe(labels.toSorted((a, b) => one[b] - one[a])[0]);
    }
    const order = judged.map((one) => one[judgement ?? 'entailment']);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
    const atLeast = (order[2]! + order[5]!) / 2;
    expect(order.filter((one) => one >= atLeast).length).toBeGreaterThanOrEqual(3);
    expect(await entail(open, gallery.cache, hypothesis, { judgement, atLeast, folder: 'none' })).toEqual([]);
    expect(await entail(open, gallery.cache, hypothesis, { judgement, atLeast })).toEqual(
      judged.filter((one) => one[judgement ?? 'entailment'] >= atLeast),
    );
  }
  await expect(entail(open, gallery.cache, ' ')).rejects.toMatchObject({ name: 'UserError' });
  await expect(entail(student, gallery.cache, hypothesis)).rejects.toThrow(
    'the model (vqa) has no answers entailment, neutral, contradiction: give a student of ve (SNLI-VE)',
  );
}, 120_000);
