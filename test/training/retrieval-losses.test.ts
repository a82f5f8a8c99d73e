import { beforeAll, describe, expect, it } from 'vitest';
import { collate, type EncodedExample } from '../../src/data/batch.ts';
import { weightedSum } from '../../src/engine/functions.ts';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { constant } from '../../src/engine/tensor.ts';
import { dide, vilt } from '../../src/model/architecture.ts';
import { fusionEncoder } from '../../src/model/fusion-encoder.ts';
import { rankHead } from '../../src/model/heads.ts';
import { inputsFor } from '../../src/model/inputs.ts';
import { createParams } from '../../src/model/params.ts';
import { candidateInputs, rankCandidates } from '../../src/model/purposes/ranking.ts';
import { retrieve } from '../../src/model/purposes/retrieval.ts';
import { crossModalAttentionDistillation } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { imageTextContrastive } from '../../src/objectives/image-text-contrastive.ts';
import { textRanking } from '../../src/objectives/text-ranking.ts';
import { numbersFor, ragged, contractSizes as sizes, valuesOf } from '../contracts/contracts.ts';

const rule = { patch: sizes.patch, grid: sizes.grid };

/** Each image with its own text first, and with the others'. */
const candidates = ragged.map((one, i) => [one, ...ragged.filter((_, other) => other !== i)]);

const ofPairs = (): Record<string, Numbers> => {
  const all: EncodedExample[] = candidates.flat();
  const { words, word_mask: mask } = collate(
    all.map(({ id, words }) => ({ id, words, images: [] })),
    rule,
  );
  const apart = ({ shape, data }: Numbers): Numbers => ({ shape: [3, 3, shape[1]!], data });
  return { ...collate(ragged, rule), words: apart(words!), word_mask: apart(mask!) };
};

describe('the loss of a teacher that learns to rank', () => {
  const p = createParams();
  const scores = rankCandidates({ sizes }, p, candidateInputs(sizes, 3));
  let found: Record<'scores' | 'loss', Numbers<Float32Array>>;
  let weights: Weights;
  beforeAll(async () => {
    weights = numbersFor(p);
    found = await valuesOf({ scores, loss: textRanking({ scores }) }, weights, ofPairs());
  });

  it('scores every candidate as the pair alone would be scored', async () => {
    const { text, images } = inputsFor(sizes);
    const alone = rankHead(p, fusionEncoder(p, { text, image: images[0]! }, sizes).pair);
    await using session = await compile({ alone }, { parameters: weights, threads: 1 });
    for (const [row, texts] of candidates.entries()) {
      for (const [column, { words }] of texts.entries()) {
        const pair = collate([{ ...ragged[row]!, words }], rule);
        const score = (await session.run<'alone'>(pair)).alone.data[0]!;
        expect(found.scores.data[3 * row + column]).toBeCloseTo(score, 5);
      }
    }
  });

  it('is the mean of -log softmax of the first, by hand', async () => {
    const rows = [0, 3, 6].map((at) => [...found.scores.data.subarray(at, at + 3)]);
    const losses = rows.map((row) => Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[0]!);
    expect(found.loss.data[0]).toBeCloseTo((losses[0]! + losses[1]! + losses[2]!) / 3, 5);
    // two texts, scores ln 3 and 0: softmax 3/4; the other image 0 and ln 4: 1/5
    const given = { shape: [2, 2], data: Float32Array.of(Math.log(3), 0, 0, Math.log(4)) };
    const { loss } = await valuesOf({ loss: textRanking({ scores: constant(given) }) }, new Map(), {});
    expect(loss.data[0]).toBeCloseTo((Math.log(4 / 3) + Math.log(5)) / 2, 6);
  });
});

describe('the losses of a student that learns to retrieve', () => {
  const [p, inputs] = [createParams(), inputsFor(sizes)];
  const student = retrieve({ sizes, architecture: dide }, p, inputs, 16);
  const mine = [...p.declared.keys()];
  const [taught] = vilt.encode(p.within('teacher_model'), inputs, sizes);
  const loss = weightedSum([
    [1, imageTextContrastive(student)],
    [1, crossModalAttentionDistillation(student, taught!)],
  ]);

  it('reach every parameter of the student, with the slope that the loss has', async () => {
    const weights = numbersFor(p);
    const wanted = new Map(mine.map((name) => [p.declared.get(name)!.tensor, name]));
    const outputs = Object.fromEntries(
      [...gradients(loss, new Set(wanted.keys()))].map(([t, g]) => [`gradient ${wanted.get(t)!}`, g]),
    );
    expect(Object.keys(outputs).sort()).toEqual(mine.map((name) => `gradient ${name}`).sort());
    const feeds = collate(ragged, rule);
    const slopes = await valuesOf<string>(outputs, weights, feeds);
    const norm = Math.sqrt(
      mine.reduce((sum, name) => sum + slopes[`gradient ${name}`]!.data.reduce((s, g) => s + g * g, 0), 0),
    );
    const lossAt = async (step: number): Promise<number> => {
      const moved = mine.map((name): [string, Numbers<Float32Array>] => {
        const { shape, data } = weights.get(name)!;
        return [name, { shape, data: data.map((w, i) => w + (step * slopes[`gradient ${name}`]!.data[i]!) / norm) }];
      });
      return (await valuesOf({ loss }, new Map([...weights, ...moved]), feeds)).loss.data[0]!;
    };
    const h = 1e-2;
    const slope = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
    expect(Math.abs(slope / norm - 1)).toBeLessThan(5e-3);
    for (const name of mine)
      expect(Math.max(...slopes[`gradient ${name}`]!.data.map(Math.abs)), name).toBeGreaterThan(0);
  });
});
