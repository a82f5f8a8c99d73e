import { expect, it } from 'vitest';
import { compile } from '../../src/engine/runtime/compile.ts';
import { createParams } from '../../src/model/params.ts';
import { rankHead } from '../../src/model/heads.ts';
import { vilt } from '../../src/model/architecture.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { parityFeeds, parityInputs, paritySizes, readFixture, relativeError } from '../fixtures/parity.ts';

it('the rank head over the fusion encoder scores pairs as Hugging Face ViLT does (hf/irtr)', async () => {
  const p = createParams();
  const [{ pair }] = vilt.encode(p, parityInputs, paritySizes) as [ReturnType<typeof vilt.encode>[number]];
  const parameters = fromHuggingFace(await readFixture('hf/irtr/model'));
  await using session = await compile({ logits: rankHead(p, pair), pair }, { parameters, threads: 1 });
  const { logits, pair: pooled } = await session.run<'logits' | 'pair'>(
    parityFeeds(await readFixture('hf/irtr/inputs')),
  );
  const expected = await readFixture('hf/irtr/outputs');
  expect(relativeError(logits, expected.get('logits')!)).toBeLessThan(1e-5);
  expect(relativeError(pooled, expected.get('pooler_output')!)).toBeLessThan(1e-5);
});
