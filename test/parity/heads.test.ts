import { describe, expect, it } from 'vitest';
import { SPECIAL_PIECES } from '../../src/data/tokenizer.ts';
import { reshape } from '../../src/engine/ops.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { volume } from '../../src/engine/shapes.ts';
import type { Tensor } from '../../src/engine/tensor.ts';
import { createParams, type Params } from '../../src/model/params.ts';
import { wordTable } from '../../src/model/embeddings.ts';
import type { Encoded } from '../../src/model/outputs.ts';
import { languageHead, rankHead } from '../../src/model/heads.ts';
import { vilt } from '../../src/model/architecture.ts';
import { pretraining } from '../../src/tasks/captions.ts';
import { retrieval } from '../../src/tasks/captions.ts';
import type { Learnable } from '../../src/tasks/task.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { parityFeeds, parityInputs, parityPath, paritySizes, readFixture, relativeError } from '../fixtures/parity.ts';

const vocabulary = [...SPECIAL_PIECES, ...Array.from({ length: 195 }, (_, i) => `word${i}`)];

/** Output of a head over the fixture's pairs, loaded as anybody's file is. */
const said = async (name: string, task: Learnable, headOf: (p: Params, encoded: Encoded) => Tensor): Promise<number> => {
  const trained = await loadModel(parityPath(`hf/${name}/model.safetensors`), { task, vocabulary });
  const p = createParams();
  const { sizes } = trained.config;
  const [encoded] = vilt.encode(p, parityInputs, sizes);
  await using session = await compile({ logits: headOf(p, encoded!) }, { weights: trained.weights, threads: 1 });
  const { logits } = await session.run<'logits'>(parityFeeds(await readFixture(`hf/${name}/inputs`)));
  const expected = (await readFixture(`hf/${name}/outputs`)).get('logits')!;
  return relativeError({ ...logits, shape: expected.shape }, expected);
};

describe('the heads beside the classifiers say what Hugging Face says', () => {
  it('of every word piece at every place (hf/mlm)', async () => {
    const head = (p: Params, { text }: Encoded): Tensor =>
      languageHead(
        p,
        reshape(text.last, [volume(text.last.shape.slice(0, 2)), 64]),
        wordTable(p, paritySizes),
        paritySizes,
      );
    expect(await said('mlm', pretraining, head)).toBeLessThan(1e-5);
  });

  it('of how well a text and an image fit (hf/irtr)', async () => {
    expect(await said('irtr', retrieval, (p, { pair }) => rankHead(p, pair))).toBeLessThan(1e-5);
  });
});
