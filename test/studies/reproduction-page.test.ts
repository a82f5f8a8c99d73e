import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomesText, takeOutcomes } from '../../src/studies/reproduction/outcomes-file.ts';
import { markdownOf } from '../../src/studies/reproduction/page/markdown.ts';
import { reproductionPage } from '../../src/studies/reproduction/page/page.ts';
import { planOf, scaleRuns } from '../../src/studies/reproduction/plan.ts';
import { readResults } from '../../src/studies/reproduction/reproduce.ts';
import type { Measured } from '../../src/studies/reproduction/results.ts';
import { idOf } from '../../src/studies/reproduction/run.ts';
import { reproductionSizes } from '../../src/studies/reproduction/size.ts';

const docs = fileURLToPath(new URL('../../docs/reproduction', import.meta.url));
const teacher = 'no teacher is needed to read results';
const size = reproductionSizes.full;

let folder: string;
let measured: Measured;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-reproduction-page-'));
  await takeOutcomes(join(docs, 'outcomes.json'), folder, size);
  measured = await readResults({ teacher, folder, size });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the outcomes.json of the documentation', () => {
  it('has the result of every planned job under its id, and no other, but for the study of scale', async () => {
    const { outcomes } = JSON.parse(await readFile(join(docs, 'outcomes.json'), 'utf8'));
    const ids = outcomes.map(({ id }: { id: string }) => id);
    const later = new Set(scaleRuns(size).map(idOf));
    const planned = planOf(teacher, size, measured.rates).map(({ id }) => id);
    expect(ids.filter((id: string) => !later.has(id))).toEqual(planned.filter((id) => !later.has(id)));
  });

  it('comes out again as it was taken', async () => {
    expect(outcomesText(measured)).toBe(await readFile(join(docs, 'outcomes.json'), 'utf8'));
  });

  it('makes the pages beside it (after a change of words: vitest --update)', async () => {
    await expect(markdownOf(measured)).toMatchFileSnapshot(join(docs, 'README.md'));
    await expect(await reproductionPage(measured, 'attention.html')).toMatchFileSnapshot(join(docs, 'index.html'));
  });
});
