import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomesText, takeOutcomes } from '../../src/studies/reproduction/outcomes-file.ts';
import { markdownOf } from '../../src/studies/reproduction/page/markdown.ts';
import { reproductionPage } from '../../src/studies/reproduction/page/page.ts';
import { planOf } from '../../src/studies/reproduction/plan.ts';
import { readResults } from '../../src/studies/reproduction/reproduce.ts';
import type { Measured } from '../../src/studies/reproduction/results.ts';
import { reproductionSizes } from '../../src/studies/reproduction/size.ts';

const docs = fileURLToPath(new URL('../../docs/reproduction', import.meta.url));
const size = reproductionSizes.full;

let folder: string;
let measured: Measured;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-reproduction-page-'));
  await takeOutcomes(join(docs, 'outcomes.json'), folder, size);
  measured = await readResults({ folder, size });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the outcomes.json of the documentation', () => {
  it('has results of planned jobs, each once and in their order, and no other', async () => {
    const { outcomes } = JSON.parse(await readFile(join(docs, 'outcomes.json'), 'utf8'));
    const ids: string[] = outcomes.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(
      planOf(size)
        .map(({ id }) => id)
        .filter((id) => ids.includes(id)),
    );
  });

  it('comes out again as it was taken (after a change of sizes: vitest --update)', async () => {
    await expect(outcomesText(measured)).toMatchFileSnapshot(join(docs, 'outcomes.json'));
  });

  it('makes the pages beside it (after a change of words: vitest --update)', async () => {
    await expect(markdownOf(measured)).toMatchFileSnapshot(join(docs, 'README.md'));
    await expect(await reproductionPage(measured)).toMatchFileSnapshot(join(docs, 'index.html'));
  });
});
