import { describe, expect, it } from 'vitest';
import type { Numbers } from '../../src/engine/numbers.ts';
import { concat } from '../../src/engine/ops.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import type { Tensor } from '../../src/engine/tensor.ts';
import { createParams } from '../../src/model/params.ts';
import type { Answered, Stream } from '../../src/model/outputs.ts';
import { answered } from '../fixtures/answered.ts';
import { dide, vilt } from '../../src/model/architecture.ts';
import type { Sizes } from '../../src/model/sizes.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { parityFeeds, parityInputs, paritySizes, readFixture, relativeError } from '../fixtures/parity.ts';

const head = { task: 'vqa', answers: 10 };
const ACCEPTED = 1e-5;

const joint = (pick: (stream: Stream) => Tensor, { encoded: [one] }: Answered, axis: number): Tensor =>
  concat([pick(one!.text), pick(one!.image)], axis);

const teacherSymbols = (sizes: Sizes = paritySizes): Answered =>
  answered(vilt, createParams(), parityInputs, { sizes, head });
const studentSymbols = (sizes: Sizes = paritySizes): Answered =>
  answered(dide, createParams(), parityInputs, { sizes, head });

/** Rows of real tokens only: what padded image rows hold depends on which padding was chosen. */
const run = async (
  outputs: Record<string, Tensor>,
  weights: ReadonlyMap<string, Numbers>,
  feeds: Record<string, Numbers>,
) => {
  await using session = await compile(outputs, { parameters: weights });
  return await session.run(feeds);
};

describe('the fusion encoder says what Hugging Face ViLT says', () => {
  it('in every hidden state, the final state and the pooled vector (hf/base)', async () => {
    const expected = await readFixture('hf/base/outputs');
    const teacher = teacherSymbols();
    const outputs = {
      'hidden_states.0': joint(({ embedded }) => embedded, teacher, 1),
      ...Object.fromEntries(
        [0, 1, 2].map((layer) => [
          `hidden_states.${layer + 1}`,
          joint(({ layers }) => layers[layer]!.hidden, teacher, 1),
        ]),
      ),
      last_hidden_state: joint(({ last }) => last, teacher, 1),
      pooler_output: teacher.encoded[0]!.pair,
    };
    const actual = await run(
      outputs,
      fromHuggingFace(await readFixture('hf/base/model')),
      parityFeeds(await readFixture('hf/base/inputs')),
    );
    for (const name of Object.keys(outputs))
      expect(relativeError(actual[name]!, expected.get(name)!), name).toBeLessThan(ACCEPTED);
  });

  it('in the logits of its VQA head (hf/vqa)', async () => {
    const weights = fromHuggingFace(await readFixture('hf/vqa/model'), 'vqa_classifier');
    const { logits } = await run(
      { logits: teacherSymbols().logits },
      weights,
      parityFeeds(await readFixture('hf/vqa/inputs')),
    );
    expect(relativeError(logits!, (await readFixture('hf/vqa/outputs')).get('logits')!)).toBeLessThan(ACCEPTED);
  });
});

describe('images of many sizes in one batch (embed)', () => {
  const weights = readFixture('hf/base/model').then((found) => fromHuggingFace(found));
  for (const order of ['all', 'max9', 'sampled']) {
    it(`are embedded patch by patch, order ${order}`, async () => {
      const expected = await readFixture('embed/outputs');
      const feeds = parityFeeds(await readFixture('embed/inputs'), expected.get(`${order}.select`));
      const teacher = teacherSymbols();
      const outputs = {
        embeddings: teacher.encoded[0]!.image.embedded,
        last: joint(({ last }) => last, teacher, 1),
        pooled: teacher.encoded[0]!.pair,
      };
      const actual = await run(outputs, await weights, feeds);
      expect(relativeError(actual.embeddings!, expected.get(`${order}.embeddings`)!)).toBeLessThan(ACCEPTED);
      const last = expected.get(`${order}.last_hidden_state`);
      if (last) expect(relativeError(actual.last!, last)).toBeLessThan(ACCEPTED);
      const pooled = expected.get(`${order}.pooler_output`);
      if (pooled) expect(relativeError(actual.pooled!, pooled)).toBeLessThan(ACCEPTED);
    });
  }
});

describe('the dual encoder says what the reference says (dide/vqa)', () => {
  it('in both towers, the interaction and the logits', async () => {
    const expected = await readFixture('dide/vqa/outputs');
    const student = studentSymbols();
    const [one] = student.encoded;
    const streams = { text: one!.text, image: one!.image };
    const outputs: Record<string, Tensor> = { 'student.fused': one!.pair, 'student.logits': student.logits };
    for (const [name, { embedded, layers, last }] of Object.entries(streams)) {
      outputs[`student.${name}.hidden.0`] = embedded;
      layers.forEach(({ hidden }, i) => {
        outputs[`student.${name}.hidden.${i + 1}`] = hidden;
      });
      outputs[`student.${name}.last_hidden_state`] = last;
      outputs[`student.${name}.q_last`] = layers.at(-1)!.query;
      outputs[`student.${name}.k_last`] = layers.at(-1)!.key;
    }
    const weights = fromHuggingFace(await readFixture('dide/vqa/student'), 'vqa_classifier');
    const actual = await run(outputs, weights, parityFeeds(await readFixture('dide/vqa/inputs')));
    for (const name of Object.keys(outputs))
      expect(relativeError(actual[name]!, expected.get(name)!), name).toBeLessThan(ACCEPTED);
  });
});

describe('LayerNorm epsilons, made visible (eps)', () => {
  const sizes = { ...paritySizes, epsilon: 0.05, textEpsilon: 0.05 };
  const faint = (
    weights: Map<string, Numbers<Float32Array>>,
    names: readonly string[],
  ): Map<string, Numbers<Float32Array>> =>
    new Map(
      [...weights].map(([name, numbers]) => [
        name,
        names.some((start) => name.startsWith(start))
          ? { ...numbers, data: numbers.data.map((x) => x * 1e-3) }
          : numbers,
      ]),
    );

  it("are the blocks' in the encoder and 1e-5 in the head of the teacher", async () => {
    const weights = faint(fromHuggingFace(await readFixture('hf/vqa/model'), 'vqa_classifier'), ['vqa_classifier.0.']);
    const { logits } = await run(
      { logits: teacherSymbols(sizes).logits },
      weights,
      parityFeeds(await readFixture('hf/vqa/inputs')),
    );
    expect(relativeError(logits!, (await readFixture('eps/outputs')).get('vqa.logits')!)).toBeLessThan(ACCEPTED);
  });

  it('are 1e-5 in the interaction and the head of the student', async () => {
    const expected = await readFixture('eps/outputs');
    const weights = faint(fromHuggingFace(await readFixture('dide/vqa/student'), 'vqa_classifier'), [
      'vqa_classifier.0.',
      'fusion.0.',
    ]);
    const student = studentSymbols(sizes);
    const actual = await run(
      { fused: student.encoded[0]!.pair, logits: student.logits },
      weights,
      parityFeeds(await readFixture('dide/vqa/inputs')),
    );
    expect(relativeError(actual.fused!, expected.get('student.fused')!)).toBeLessThan(ACCEPTED);
    expect(relativeError(actual.logits!, expected.get('student.logits')!)).toBeLessThan(ACCEPTED);
  });
});
