import { describe, expect, it } from 'vitest';
import { collate, type EncodedExample, type Feeds } from '../../src/data/batch.ts';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers } from '../../src/engine/numbers.ts';
import { add } from '../../src/engine/ops.ts';
import { generator, keyOf } from '../../src/engine/random.ts';
import { ancestors, type Tensor } from '../../src/engine/tensor.ts';
import { type Architecture, dide, vilt } from '../../src/model/architecture.ts';
import { inputsFor, pairedInputsFor } from '../../src/model/inputs.ts';
import type { Answered, Encoded, Stream } from '../../src/model/outputs.ts';
import { createParams } from '../../src/model/params.ts';
import type { Sizes } from '../../src/model/sizes.ts';
import { crossModalAttention } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { everyLayer } from '../../src/objectives/layers.ts';
import { softLabels } from '../../src/objectives/soft-label-distillation.ts';
import { collatePairs } from '../../src/training/negatives/matching-pairs.ts';
import { answered } from '../fixtures/answered.ts';
import { numbersFor, target, valuesOf } from './contracts.ts';

/** Texts and pictures of several lengths for a model of any shape; pictures are given in patches, down and across. */
const examplesFor = ({ patch, vocabulary, words }: Sizes): EncodedExample[] =>
  [
    [words, 2, 3],
    [3, 1, 2],
    [5, 3, 3],
  ].map(([length, rows, columns], seed) => {
    const random = generator(keyOf(seed, 'example'));
    const [height, width] = [rows! * patch, columns! * patch];
    return {
      id: `example ${seed}`,
      words: Int32Array.from({ length: length! }, () => vocabulary * random()),
      images: [
        {
          rows: rows!,
          columns: columns!,
          pixels: { width, height, data: Uint8Array.from({ length: height * width * 3 }, () => 256 * random()) },
        },
      ],
    };
  });

const head = { task: 'vqa', answers: 5 };

const collated = (examples: readonly EncodedExample[], { patch, grid }: Sizes): Feeds => ({
  ...collate(examples, { patch, grid }),
  target: { shape: [examples.length, head.answers], data: new Float32Array(examples.length * head.answers) },
});

/** Contract of all models, teachers and students: shapes, an Encoded an image, the same answer alone as in a batch. */
const modelContract = (model: Architecture, sizes: Sizes): void => {
  const p = createParams();
  const { encoded, logits } = answered(model, p, inputsFor(sizes), { sizes, head });
  const examples = examplesFor(sizes);

  it('shows every layer of both modalities, in the shapes that objectives compare', () => {
    expect(encoded).toHaveLength(1);
    const tokens = { text: 'words', image: 'patches+1' };
    for (const modality of ['text', 'image'] as const) {
      const { layers, last, mask }: Stream = encoded[0]![modality];
      expect(layers).toHaveLength(sizes.depth);
      const heads = ['batch', sizes.heads, tokens[modality], sizes.width / sizes.heads];
      for (const { query, key, hidden } of layers) {
        expect([query.shape, key.shape]).toEqual([heads, heads]);
        expect(hidden.shape).toEqual(last.shape);
      }
      expect(last.shape).toEqual(['batch', tokens[modality], sizes.width]);
      expect(mask.shape).toEqual(['batch', tokens[modality]]);
    }
    expect(encoded[0]!.pair.shape).toEqual(['batch', sizes.width]);
    expect(logits.shape).toEqual(['batch', head.answers]);
  });

  it('answers the same alone as in a ragged batch', async () => {
    const logitsOf = async (some: readonly EncodedExample[]) =>
      (await valuesOf({ logits }, numbersFor(p), collated(some, sizes))).logits.data;
    const together = await logitsOf(examples);
    for (const [i, example] of examples.entries()) {
      for (const [j, logit] of (await logitsOf([example])).entries()) {
        expect(Math.abs(together[i * head.answers + j]! - logit)).toBeLessThan(1e-5);
      }
    }
  });
};

/** Outputs by which a model's pairs are compared. */
const shown = (name: string, { pair, text, image }: Encoded): Record<string, Tensor> => ({
  [`${name} pair`]: pair,
  [`${name} words`]: text.layers.at(-1)!.query,
  [`${name} patches`]: image.layers.at(-1)!.key,
});

/** Texts and images that stand in two pairs come out as if each pair were all there is. */
const pairsContract = (model: Architecture, sizes: Sizes): void => {
  const p = createParams();
  const { own, matching } = model.encodePairs(p, pairedInputsFor(sizes), sizes);
  const [alone] = model.encode(p, inputsFor(sizes), sizes);
  const examples = examplesFor(sizes);
  const [first] = examples;

  it.each([
    ['true ones, one with another of the batch, one with an image of its own', [0, 3, 1], [1]],
    ['true ones alone', [0, 1, 2], []],
  ])('encodes pairs together as it does alone: %s', async (_, matched, strangers) => {
    const given = examples.map((one, i) =>
      strangers.includes(i) ? { ...one, images: [...one.images, ...first!.images] } : one,
    );
    const feeds = { ...collate(given, { ...sizes, pictures: 'together' }), ...collatePairs(matched) };
    const together = await valuesOf<string>(
      { ...shown('own', own), ...shown('matching', matching) },
      numbersFor(p),
      feeds,
    );
    const pool = [...examples, first!];
    for (const [i, { words }] of examples.entries()) {
      for (const [name, image] of [
        ['own', i],
        ['matching', matched[i]!],
      ] as const) {
        const pair = { id: name, words, images: pool[image]!.images };
        const expected = await valuesOf<string>(shown(name, alone!), numbersFor(p), collate([pair], sizes));
        for (const [part, numbers] of Object.entries(expected))
          expect(farthest(rowOf(together[part]!, i), numbers), `${part} of text ${i}`).toBeLessThan(1e-5);
      }
    }
  });
};

/** One example of a batch. */
const rowOf = ({ shape: [batch, ...rest], data }: Numbers, row: number): Numbers => {
  const size = data.length / batch!;
  return { shape: [1, ...rest], data: Float32Array.from(data.subarray(row * size, (row + 1) * size)) };
};

/** Distance between the numbers of an example alone and in a batch, where it is padded behind its tokens. */
const farthest = (padded: Numbers, alone: Numbers): number => {
  const [tokens, more] = [alone.shape.at(-2)!, padded.shape.at(-2)!];
  const width = alone.shape.at(-1)!;
  return Array.from(alone.data).reduce((most, x, i) => {
    const place = alone.shape.length > 2 ? i + Math.floor(i / (tokens * width)) * (more - tokens) * width : i;
    return Math.max(most, Math.abs(x - padded.data[place]!));
  }, 0);
};

/** Contract of every teacher, whoever wrote it and whatever its shape. */
export const teacherContract = (model: Architecture, sizes: Sizes): void => {
  describe(`${model.name} of width ${sizes.width} keeps the contract of teachers`, () => {
    modelContract(model, sizes);
    pairsContract(model, sizes);
  });
};

const leavesOf = (outputs: readonly Tensor[]): string[] =>
  ancestors(outputs).flatMap(({ made }) => ('leaf' in made && made.leaf !== 'constant' ? [made.name] : []));

/** Contract of every student beside a teacher of another shape. */
export const studentContract = (name: string, sizes: Sizes, ofTeacher: Sizes): void => {
  const [p, inputs] = [createParams(), inputsFor(sizes)];
  const made = (model: Architecture, root: typeof p | ReturnType<typeof p.within>, shape: Sizes): Answered =>
    answered(model, root, inputs, { sizes: shape, head });
  const student = made(dide, p, sizes);
  const teacher = made(vilt, p.within('teacher_model'), ofTeacher);

  describe(`a student ${name} keeps the contract of students`, () => {
    modelContract(dide, sizes);
    pairsContract(dide, sizes);

    it('encodes its images without a text, and its texts without an image', () => {
      const { text, image } = student.encoded[0]!;
      expect(leavesOf([image.last]).filter((leaf) => /^words$|^word_mask|^text_encoder/.test(leaf))).toEqual([]);
      expect(leavesOf([text.last]).filter((leaf) => /^patch|^image_encoder/.test(leaf))).toEqual([]);
    });

    it.each(['last', 'all'] as const)('learns from its teacher in every parameter (layers: %s)', async (layers) => {
      const pairs = layers === 'all' ? { layers: everyLayer(sizes.depth, ofTeacher.depth) } : {};
      const loss = add(softLabels()(student, teacher, target), crossModalAttention(pairs)(student, teacher, target));
      const own = [...p.declared].filter(([parameter]) => !parameter.startsWith('teacher_model.'));
      const found = gradients(loss, new Set(own.map(([, { tensor }]) => tensor)));
      const outputs = Object.fromEntries(
        own.map(([parameter, { tensor }]) => [`gradient ${parameter}`, found.get(tensor)!]),
      );
      const values = await valuesOf<string>({ loss, ...outputs }, numbersFor(p), collated(examplesFor(sizes), sizes));
      for (const [parameter, { data }] of Object.entries(values)) {
        expect(Array.from(data).every(Number.isFinite), parameter).toBe(true);
        expect(
          Array.from(data).some((x) => x !== 0),
          parameter,
        ).toBe(true);
      }
    });
  });
};
