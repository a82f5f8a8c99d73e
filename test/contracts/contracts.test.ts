import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EncodedExample, Feeds } from '../../src/data/batch.ts';
import type { Numbers } from '../../src/engine/numbers.ts';
import { add, concat, softmax } from '../../src/engine/ops.ts';
import { dide, vilt } from '../../src/model/architecture.ts';
import { maskBias, scores } from '../../src/model/attention.ts';
import { createParams } from '../../src/model/params.ts';
import { jointAttention, uniModalAttention, wholeAttention } from '../../src/objectives/attention-distillation.ts';
import { across, crossModalAttention } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { hardLabels, hardLabelsBinary } from '../../src/objectives/hard-labels.ts';
import { hiddenStates } from '../../src/objectives/hidden-state-distillation.ts';
import { imageTextMatching, matchingDistillation } from '../../src/objectives/image-text-matching.ts';
import { everyLayer } from '../../src/objectives/layers.ts';
import type { Objective } from '../../src/objectives/objective.ts';
import { softLabels, softLabelsBinary } from '../../src/objectives/soft-label-distillation.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { writeNano } from '../fixtures/nano.ts';
import * as contracts from './contracts.ts';

const { contractSizes, feedsFor, numbersFor, objectiveContract, ragged, symbolsOf, target, valuesOf } = contracts;

/** Queries and keys of the last layer, and all that leads to them: not what comes after, nor the heads. */
const leadsToAttention = (name: string): boolean => {
  const last = `blocks.${contractSizes.depth - 1}.`;
  if (!/^(text|image)_encoder\./.test(name) || /\.transformer\.norm\.|\.pooler\./.test(name)) return false;
  return !name.includes(last) || /norm1|attn\.qkv/.test(name);
};

objectiveContract('hardLabels', hardLabels, { zeroWhenEqual: 'neither' });
objectiveContract('hardLabelsBinary', hardLabelsBinary, { zeroWhenEqual: 'neither' });
objectiveContract('softLabels', softLabels(), { zeroWhenEqual: 'value' });
objectiveContract(
  'softLabels, student to teacher, τ = 2',
  softLabels({ direction: 'student-teacher', temperature: 2 }),
  {
    zeroWhenEqual: 'value',
  },
);
objectiveContract('softLabelsBinary', softLabelsBinary, { zeroWhenEqual: 'gradient' });
for (const direction of ['teacher-student', 'student-teacher'] as const) {
  for (const queries of ['all', 'valid'] as const) {
    objectiveContract(
      `crossModalAttention, ${direction}, ${queries} queries`,
      crossModalAttention({ direction, queries }),
      {
        zeroWhenEqual: 'value',
        reaches: leadsToAttention,
      },
    );
  }
}

const every = everyLayer(contractSizes.depth, contractSizes.depth);
const attentions = { uniModalAttention, wholeAttention, jointAttention, crossModalAttention };
for (const [name, attention] of Object.entries(attentions)) {
  if (attention !== crossModalAttention)
    objectiveContract(name, attention(), { zeroWhenEqual: 'value', reaches: leadsToAttention });
  objectiveContract(`${name}, layer by layer`, attention({ layers: every, queries: 'valid-per-example' }), {
    zeroWhenEqual: 'value',
    reaches: leadsToAttention,
  });
}

/** All of both encoders, up to their poolers. */
const leadsToTokens = (name: string): boolean => /^(text|image)_encoder\./.test(name) && !name.includes('.pooler.');
objectiveContract('hiddenStates', hiddenStates(), { zeroWhenEqual: 'value', reaches: leadsToTokens });
objectiveContract('hiddenStates, layer by layer', hiddenStates({ layers: every, mean: 'token' }), {
  zeroWhenEqual: 'value',
  reaches: (name) => leadsToTokens(name) && !name.includes('.transformer.norm.'),
});
objectiveContract('imageTextMatching', imageTextMatching, { zeroWhenEqual: 'neither' });
/** Both losses of matching, summed as stage 1 sums them. */
const matching: Objective = (student, teacher, target) =>
  Object.values(matchingDistillation())
    .map(({ objective }) => objective(student, teacher, target))
    .reduce((a, b) => add(a, b));
objectiveContract('matchingDistillation', matching, { zeroWhenEqual: 'value' });

const home = mkdtempSync(join(tmpdir(), 'dide-contracts-'));
const folder = join(home, 'scenes');
beforeAll(() => writeNano(folder, 4), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

contracts.taskContract(vqa, { folder: () => folder, split: 'validation' });

describe('an example says the same', () => {
  it.each([vilt, dide])('alone as in a ragged batch, of $name', async (model) => {
    const p = createParams();
    const { logits } = symbolsOf(model, p);
    const answersOf = async (examples: readonly EncodedExample[], padWordsTo?: number) =>
      (await valuesOf({ logits }, numbersFor(p), feedsFor(examples, padWordsTo))).logits;
    for (const together of [await answersOf(ragged), await answersOf(ragged, 16)]) {
      for (const [i, example] of ragged.entries()) {
        const [alone, count] = [await answersOf([example]), together.shape[1]!];
        for (const [j, logit] of alone.data.entries()) {
          expect(Math.abs(together.data[i * count + j]! - logit)).toBeLessThan(1e-5);
        }
      }
    }
  });
});

const p = createParams();
const [student, teacher] = [symbolsOf(dide, p), symbolsOf(vilt, p, 'teacher_model')];
const weights = numbersFor(p);

/** The patches of every example in another order, the same for all: pixels, masks and positions alike. */
const reordered = (feeds: Feeds, order: readonly number[]): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => {
      if (!name.startsWith('patch')) return [name, { shape, data }];
      const [batch, count, width = 1] = shape as [number, number, number?];
      const moved = new Float32Array(data.length);
      for (let b = 0; b < batch; b += 1) {
        for (const [to, from] of order.entries()) {
          const start = (b * count + from) * width;
          moved.set(data.subarray(start, start + width), (b * count + to) * width);
        }
      }
      return [name, { shape, data: moved }];
    }),
  );

/** Σ p log(p / q) of one row over some of its places, each side first renormalised over them. */
const rowDivergence = (p: readonly number[], q: readonly number[]): number => {
  const [wholeP, wholeQ] = [p.reduce((a, b) => a + b), q.reduce((a, b) => a + b)];
  return p.reduce((sum, x, i) => sum + (x === 0 ? 0 : (x / wholeP) * Math.log(x / wholeP / (q[i]! / wholeQ))), 0);
};

describe('L_CA', () => {
  it('does not depend on the order of the patches, if it is one for teacher and student', async () => {
    const loss = crossModalAttention()(student, teacher, target);
    const feeds = feedsFor(ragged);
    const { loss: before } = await valuesOf({ loss }, weights, feeds);
    const { loss: after } = await valuesOf({ loss }, weights, reordered(feeds, [4, 0, 8, 2, 7, 1, 3, 6, 5]));
    expect(Math.abs(after.data[0]! - before.data[0]!)).toBeLessThan(1e-6);
    expect(before.data[0]).toBeGreaterThan(1e-3);
  });

  it("compares with slices of the teacher's joint attention, each row made whole again", async () => {
    const feeds = feedsFor(ragged);
    const [t, s] = [teacher.encoded[0]!, student.encoded[0]!];
    const [text, image] = [t.text.layers.at(-1)!, t.image.layers.at(-1)!];
    const all = concat([t.text.mask, t.image.mask], 1);
    const joint = softmax(
      add(scores(concat([text.query, image.query], 2), concat([text.key, image.key], 2)), maskBias(all)),
    );
    const probability = (attention: ReturnType<typeof across>) =>
      softmax(add(attention.scores, maskBias(attention.keys)));
    const values = await valuesOf(
      {
        ...{ joint, loss: crossModalAttention()(student, teacher, target) },
        ...{ toText: probability(across(s.image, s.text)), toImage: probability(across(s.text, s.image)) },
      },
      weights,
      feeds,
    );
    const words = values.toText.shape[3]!;
    const row = ({ shape, data }: Numbers, b: number, h: number, q: number): number[] => {
      const [, heads, queries, keys] = shape as [number, number, number, number];
      const start = ((b * heads + h) * queries + q) * keys;
      return [...data.subarray(start, start + keys)];
    };
    const meanOver = (ours: Numbers, [firstQuery, firstKey]: readonly [number, number]): number => {
      const [batch, heads, queries, keys] = ours.shape as [number, number, number, number];
      let sum = 0;
      for (let at = 0; at < batch * heads * queries; at += 1) {
        const place = [Math.floor(at / queries / heads), Math.floor(at / queries) % heads, at % queries] as const;
        const whole = row(values.joint, place[0], place[1], firstQuery + place[2]);
        sum += rowDivergence(whole.slice(firstKey, firstKey + keys), row(ours, ...place));
      }
      return sum / (batch * heads * queries);
    };
    const expected = meanOver(values.toText, [words, 0]) + meanOver(values.toImage, [0, words]);
    expect(Math.abs(values.loss.data[0]! - expected)).toBeLessThan(1e-6);
  });
});
