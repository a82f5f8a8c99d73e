import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { gradients } from '../engine/gradient.ts';
import type { Numbers } from '../engine/numbers.ts';
import { generator, keyOf } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import type { Encoded, Stream } from '../model/outputs.ts';
import { alignment, costsOf, transportPlan, wordPatchAlignment } from './word-patch-alignment.ts';

const [BATCH, WORDS, PATCHES, WIDTH] = [4, 7, 6, 5];
/** Real tokens of each example, special ones included; the third text has no word, the last picture one patch. */
const [TEXTS, IMAGES] = [
  [7, 5, 2, 3],
  [6, 4, 6, 2],
];

const random = generator(keyOf(1, 'alignment'));
const drawn = (...shape: number[]): Numbers<Float64Array> => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5),
});
const maskOf = (lengths: readonly number[], width: number): Numbers<Float64Array> => ({
  shape: [BATCH, width],
  data: Float64Array.from({ length: BATCH * width }, (_, i) => Number(i % width < lengths[Math.floor(i / width)]!)),
});
const feeds = {
  words: drawn(BATCH, WORDS, WIDTH),
  word_mask: maskOf(TEXTS, WORDS),
  patches: drawn(BATCH, PATCHES, WIDTH),
  patch_mask: maskOf(IMAGES, PATCHES),
  target: { shape: [BATCH, 2], data: Float64Array.of(0, 1, 1, 0, 0, 1, 1, 0) },
};
const SIGNS = [1, -1, 1, -1];

const [words, patches] = [input('words', ['batch', 'words', WIDTH]), input('patches', ['batch', 'patches', WIDTH])];
const stream = (last: Tensor, mask: Tensor): Stream => ({ mask, embedded: last, layers: [], last, first: last });
const pair: Encoded = {
  text: stream(words, input('word_mask', ['batch', 'words'])),
  image: stream(patches, input('patch_mask', ['batch', 'patches'])),
  pair: words,
};
const target = input('target', ['batch', 2]);
const answered = { encoded: [pair], logits: target };

/** Written a second time, example by example and without masks: only the real words and patches are looked at. */
const byHand = (example: number): { readonly plan: number[][]; readonly distance: number } => {
  const vector = ({ shape, data }: Numbers, token: number): number[] => {
    const start = (example * shape[1]! + token) * WIDTH;
    return Array.from(data.subarray(start, start + WIDTH));
  };
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const cosine = (a: number[], b: number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const texts = Array.from({ length: TEXTS[example]! - 2 }, (_, i) => vector(feeds.words, i + 1));
  const images = Array.from({ length: IMAGES[example]! - 1 }, (_, i) => vector(feeds.patches, i + 1));
  const cost = texts.map((w) => images.map((v) => 1 - cosine(w, v)));
  let plan = cost.map((row) => row.map(() => 1));
  let sigma = texts.map(() => 1 / texts.length);
  for (let step = 0; step < 50; step += 1) {
    const q = plan.map((row, i) => row.map((t, j) => t * Math.exp(-cost[i]![j]! / 0.5)));
    const delta = images.map((_, j) => 1 / (images.length * q.reduce((sum, row, i) => sum + row[j]! * sigma[i]!, 0)));
    sigma = q.map((row) => 1 / (texts.length * dot(row, delta)));
    plan = q.map((row, i) => row.map((x, j) => delta[j]! * x * sigma[i]!));
  }
  return { plan, distance: plan.reduce((sum, row, i) => sum + dot(row, cost[i]!), 0) };
};

const lossByHand = (): number => SIGNS.reduce((sum, sign, example) => sum + sign * byHand(example).distance, 0) / BATCH;

const run = async (outputs: Record<string, Tensor>, given: Record<string, Numbers> = feeds) => {
  await using session = await compile(outputs, { precision: 'float64', threads: 1 });
  return await session.run(given);
};

describe('word-patch alignment', () => {
  it('has the value that is computed example by example, without special tokens and padding', async () => {
    const { loss } = await run({ loss: wordPatchAlignment()(answered, answered, target) });
    expect(loss!.data[0]).toBeCloseTo(lossByHand(), 9);
  });

  it('plans as by hand, each word and each patch with its share, and nothing where there is padding', async () => {
    const { plan } = await run({ plan: transportPlan(costsOf(pair)) });
    const [rows, columns] = [WORDS - 2, PATCHES - 1];
    const at = (b: number, i: number, j: number): number => plan!.data[(b * rows + i) * columns + j]!;
    for (let b = 0; b < BATCH; b += 1) {
      const expected = byHand(b).plan;
      for (let i = 0; i < rows; i += 1)
        for (let j = 0; j < columns; j += 1) expect(at(b, i, j)).toBeCloseTo(expected[i]?.[j] ?? 0, 9);
      for (let i = 0; i < expected.length; i += 1) {
        const sum = Array.from({ length: columns }, (_, j) => at(b, i, j)).reduce((x, y) => x + y);
        expect(sum).toBeCloseTo(1 / expected.length, 3);
      }
    }
  });

  it('has the gradient of finite differences where the plan stays as it is', async () => {
    const loss = wordPatchAlignment()(answered, answered, target);
    const found = gradients(loss, new Set([words, patches]));
    const { plan, ...sloped } = await run({
      plan: transportPlan(costsOf(pair)),
      words_slope: found.get(words)!,
      patches_slope: found.get(patches)!,
    });
    const fixed = input('plan', ['batch', 'words+-2', 'patches+-1']);
    await using session = await compile(
      { loss: alignment(costsOf(pair), target, () => fixed) },
      { precision: 'float64', threads: 1 },
    );
    const lossWith = async (name: 'words' | 'patches', place: number, by: number): Promise<number> => {
      const data = feeds[name].data.slice();
      data[place]! += by;
      const { loss: moved } = await session.run({ ...feeds, plan: plan!, [name]: { ...feeds[name], data } });
      return moved!.data[0]!;
    };
    for (const name of ['words', 'patches'] as const) {
      for (let place = 0; place < feeds[name].data.length; place += 3) {
        const slope = ((await lossWith(name, place, 1e-5)) - (await lossWith(name, place, -1e-5))) / 2e-5;
        expect(sloped[`${name}_slope`]!.data[place], `${name} ${place}`).toBeCloseTo(slope, 7);
      }
    }
  });

  const python = process.env.DIDE_PYTHON;
  it.skipIf(!python)('has the value of the same in PyTorch', async () => {
    const { loss } = await run({ loss: wordPatchAlignment()(answered, answered, target) });
    const given = JSON.stringify(feeds, (_, value) =>
      ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
    );
    const said = execFileSync(python!, ['-c', PYTHON], { input: given, encoding: 'utf8' });
    expect(loss!.data[0]).toBeCloseTo(Number(said), 9);
  });
});

/** By the formulas, with boolean masks; an example without words moves nothing. */
const PYTHON = `
import json, sys, torch
f = {k: torch.tensor(v["data"], dtype=torch.float64).reshape(v["shape"]) for k, v in json.load(sys.stdin).items()}
total = 0.0
for b in range(f["words"].shape[0]):
    m, n = int(f["word_mask"][b].sum()), int(f["patch_mask"][b].sum())
    x, y = f["words"][b, 1:m - 1], f["patches"][b, 1:n]
    if len(x) == 0: continue
    c = 1 - torch.nn.functional.normalize(x, dim=-1) @ torch.nn.functional.normalize(y, dim=-1).T
    t, a, s = torch.ones_like(c), torch.exp(-c / 0.5), torch.full((len(x), 1), 1 / len(x), dtype=torch.float64)
    for _ in range(50):
        q = a * t
        d = 1 / (len(y) * q.T @ s)
        s = 1 / (len(x) * q @ d)
        t = s * q * d.T
    total += float((c * t).sum() * (f["target"][b, 1] - f["target"][b, 0]))
print(repr(total / f["words"].shape[0]))
`;
