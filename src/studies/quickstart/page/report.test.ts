import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meanOf } from '../../../data.ts';
import { UserError } from '../../../errors.ts';
import { meanOfHeads } from '../../attention/page/word-maps.ts';
import { bytes, count, duration, figures, milliseconds, percent } from '../../report/format.ts';
import type { QuickstartReport } from '../content.ts';
import { page } from './page.ts';
import { fakeReport } from './report.fixture.ts';
import { writeReport } from './write.ts';

/** As large as a picture of 48 x 48 pixels may be. */
const image = `data:image/png;base64,${Buffer.alloc(48 * 48 * 3, 'noise').toString('base64')}`;
const report = fakeReport({ image });

let folder = '';
let text = '';
let words = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  const path = join(folder, 'new', 'report.html');
  await writeReport(path, report);
  text = await readFile(path, 'utf8');
  words = seen(text);
});
afterAll(() => rm(folder, { recursive: true }));

const withoutCode = (page: string): string => page.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '');

/** Text that a reader sees, entities decoded. */
const seen = (page: string): string =>
  withoutCode(page)
    .replace(/<[^>]*>/g, ' ')
    .replace(
      /&(?:lt|gt|quot|#39|amp);/g,
      (entity) => ({ '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' })[entity]!,
    );

const numbers = (page: string): unknown =>
  JSON.parse(/<script type="application\/json" id="numbers">(.*?)<\/script>/s.exec(page)![1]!);

/** Elements that never end. */
const VOID = new Set(['meta', 'img', 'wbr']);

/** Throws where an element ends that did not begin; returns those that never end. */
const unclosed = (page: string): string[] => {
  const open: string[] = [];
  for (const [tag, slash, name] of withoutCode(page).matchAll(/<(\/?)([a-z][\w-]*)(?:"[^"]*"|[^">])*>/gi)) {
    if (VOID.has(name!) || tag.endsWith('/>')) continue;
    if (!slash) open.push(name!);
    else if (open.pop() !== name) throw new Error(`</${name}> ends what did not begin`);
  }
  return open;
};

describe('the report is one file', () => {
  it('says nothing of a toy run after enough updates', () => {
    expect(words).not.toContain('toy run');
  });

  it('that loads nothing from anywhere', () => {
    expect(text).not.toMatch(/https?:|url\(|@import|<link|<iframe/);
    const sources = [...text.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, source]) => source!);
    expect(sources.length).toBeGreaterThan(20);
    for (const source of sources) expect(source).toMatch(/^(?:data:image\/png;base64,|#)/);
  });

  it('whose every element ends and whose every link leads somewhere', () => {
    expect(text.startsWith('<!doctype html>')).toBe(true);
    expect(unclosed(text)).toEqual([]);
    const targets = [...text.matchAll(/\shref="#([^"]*)"/g)].map(([, id]) => id!);
    for (const id of targets) expect(text).toContain(`id="${id}"`);
    expect(words).not.toMatch(/undefined|NaN|\[object|Infinity/);
  });

  it('of less than 2 MB with six examples', () => {
    expect(report.examples).toHaveLength(6);
    expect(Buffer.byteLength(text)).toBeLessThan(2e6);
  });
});

describe('the report shows', () => {
  it('every number of every model', () => {
    for (const { name, parameters, updates, seconds, accuracy } of report.models) {
      for (const one of [name, count(parameters), count(updates), duration(seconds!)]) expect(words).toContain(one);
      for (const { mean, low, high, byKind } of Object.values(accuracy)) {
        expect(words).toMatch(new RegExp(`${percent(mean)}\\s+${percent(low)} – ${percent(high)}`));
        for (const [kind, { mean: ofKind, count: questions }] of Object.entries(byKind)) {
          for (const one of [kind, percent(ofKind), `${questions} questions`]) expect(words).toContain(one);
        }
      }
    }
  });

  it('every number of the data, of what questions cost, and of the run', () => {
    const { seed, command, when, seconds, data, latency, cache, question, findings } = report;
    const { examples, images } = data.splits['test-comp']!;
    const expected = [
      ...[`Seed ${seed}`, command, when, duration(seconds), data.folder, `${data.priorPercent}\u00a0%`, ...findings],
      ...[count(examples), count(images), question.text],
      ...[count(cache.images), bytes(cache.bytes), duration(cache.seconds)],
      ...latency.flatMap((one) => [one.what, one.note, milliseconds(one.millisecondsPerImage), count(one.images)]),
      ...question.answers.map(({ probability }) => `${percent(probability)}\u00a0%`),
    ];
    for (const one of expected) expect(words).toContain(one);
    expect(words).toContain(`${figures(3.127 / 0.004_18)} ×`);
  });

  it('the share of every patch for every word of every model, in order, as a percentage and relative to the even share', () => {
    const shown = [...text.matchAll(/<title>([\d.]+)\u00a0%, ([\d.]+)\u00a0× even<\/title>/g)];
    const given = report.examples.flatMap(({ models }) =>
      models.flatMap(({ textToImage }) => meanOfHeads(textToImage).flatMap(([, ...patches]) => patches)),
    );
    expect(shown.map(([, share]) => share)).toEqual(given.map(percent));
    for (const [i, [, , times]] of shown.entries()) expect(Number(times)).toBeCloseTo(10 * given[i]!, 1);
    for (const { models } of report.examples)
      for (const { divergence } of models.slice(1))
        expect(words).toContain(`KL\u00a0${figures(meanOf(divergence!.textToImage))}`);
  });

  it('the share of [CLS] below its map', () => {
    const [[cls]] = meanOfHeads(report.examples[0]!.models[0]!.textToImage) as [[number]];
    expect(words).toContain(`[CLS]\u00a0${percent(cls)}\u00a0%`);
  });

  it('how its examples were chosen, and how often which student is right', () => {
    expect(words.replaceAll(/\s+/g, ' ')).toContain(
      'of each kind of question the first one in test-iid that “soft labels + attention” answers rightly and “hard labels” wrongly. Of all 2,000 questions 180 (9.0\u00a0%) are like that, and 52 (2.6\u00a0%) the other way round: there “hard labels” alone is right. Both are right on 1,200 (60.0\u00a0%), neither on 568 (28.4\u00a0%). There is no such question of the kind more.'.replaceAll(
        /\s/g,
        ' ',
      ),
    );
  });

  it('a line for every objective, every model and both widths of page', () => {
    const names = [...text.matchAll(/<figcaption><strong>([^<]*)<\/strong>/g)].map(([, name]) => name);
    expect(names).toEqual(['Validation accuracy', 'hard', 'soft', 'attention']);
    const lines = text.match(/class="mark-line [^"]*"/g)!;
    // Validation in two widths, then hard, soft and attention, each a group of its models' lines.
    expect(lines.length).toBeGreaterThanOrEqual(2 * 4 + 2 + 2 + 1);
  });

  it('all of it again as JSON, unrounded', () => {
    const { models, latency, cache, data, findings } = report;
    expect(numbers(text)).toMatchObject({ models, latency, cache, data, findings });
  });
});

const hostile = `</script></style></title><script>alert(1)</script><img src=x onerror="alert('2')">&lt; "' {{}}`;

/** The report with every text replaced, keys of records included. */
const poisoned = (value: unknown, key = ''): unknown => {
  if (typeof value === 'string') return key === 'image' || key === 'grey' ? value : `${hostile}${value}`;
  if (Array.isArray(value)) return value.map((one) => poisoned(one));
  if (typeof value !== 'object' || value === null) return value;
  const isRecord = ['splits', 'accuracy', 'byKind', 'losses'].includes(key);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      isRecord ? `${hostile}${name}` : name,
      poisoned(one, isRecord ? '' : name),
    ]),
  );
};

describe('a report of hostile texts', () => {
  it('shows them as they are and runs none of them', async () => {
    const written = await page(poisoned(report) as QuickstartReport);
    expect(written.match(/<script/g)).toHaveLength(2);
    expect(written).not.toContain('<img src=x');
    expect(unclosed(written)).toEqual([]);
    expect(seen(written)).toContain(`${hostile}${report.question.text}`);
    expect(JSON.stringify(numbers(written))).toContain(JSON.stringify(hostile).slice(1, -1));
  });
});

describe('a report that cannot be', () => {
  it('is refused where a picture would have to be loaded', async () => {
    await expect(page(fakeReport({ image: 'images/1.png' }))).rejects.toThrow(
      'report: picture images/1.png: give a data URI',
    );
  });

  it('is refused where attention does not fit its patches', async () => {
    const examples = report.examples.map((example) => ({ ...example, columns: 4 }));
    await expect(page({ ...report, examples })).rejects.toThrow('is 9 x 10: it must be words x (1 + patches), 9 x 13');
  });

  it('says where it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const path = join(folder, 'file', 'report.html');
    const writing = writeReport(path, report);
    await expect(writing).rejects.toThrow(UserError);
    await expect(writing).rejects.toThrow(`${join(folder, 'file')}: it is a file: give the path of a folder`);
  });
});

describe('a report of little', () => {
  it('is written without examples, answers, kinds, findings or validation', async () => {
    const models = report.models.map((model) => ({
      ...model,
      curves: model.curves.slice(0, 1).map(({ step, losses }) => ({ step, losses })),
      accuracy: { test: { mean: 0.5, low: 0.4, high: 0.6, byKind: {} } },
    }));
    const question = { text: 'is it?', answers: [] };
    const written = await page({ ...report, models, examples: [], findings: [], latency: [], question });
    expect(unclosed(written)).toEqual([]);
    expect(seen(written)).not.toMatch(/undefined|NaN|Infinity/);
    expect(seen(written)).toContain('50.0');
  });
});
