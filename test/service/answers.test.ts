import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data.ts';
import { answer, ask, openImageCache, openPredictor, search } from '../../src/index.ts';
import { raggedScene, randomStudent } from '../../src/inference/inference.fixture.ts';
import { entail, reason } from '../../src/query.ts';
import { createServer } from '../../src/server.ts';
import { bytesOf, jsonIn, problemIn, type Served, serve } from './service.fixture.ts';

const question = 'what color is the large circle ?';
let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.server.stop());

describe('the service says what the library says', () => {
  it('of one image, by its path or its bytes', async () => {
    const expected = await answer(served.model, `${served.photos}/3.png`, question, { top: 3, threads: 1 });
    const base64 = Buffer.from(await bytesOf(served.photos, '3.png')).toString('base64');
    for (const image of [{ path: '3.png' }, { path: '3.png', cache: 'photos' }, { base64 }]) {
      const response = await served.post('/v1/answer', { question, images: [image], top: 3 });
      expect(response.status).toBe(200);
      const { answers, warnings } = await jsonIn(response);
      expect(warnings).toEqual([]);
      expect(answers.map((one: { answer: string }) => one.answer)).toEqual(expected.map((one) => one.answer));
      expect(answers[0].probability).toBeCloseTo(expected[0]!.probability, 5);
    }
  });

  it('of all cached images', async () => {
    await using student = await openPredictor(served.model, { threads: 1 });
    const cache = await openImageCache(served.cache);
    for (const options of [{ top: 4 }, { top: 2, answer: 'yes' }]) {
      const expected = await ask(student, cache, question, options);
      const { answers } = await jsonIn(await served.post('/v1/caches/photos/ask', { question, ...options }));
      expect(answers).toHaveLength(options.top);
      for (const [i, one] of expected.entries()) {
        expect(answers[i]).toMatchObject({ image: one.image, answer: one.answer });
        expect(answers[i].probability).toBeCloseTo(one.probability, 5);
      }
    }
  });

  it('of what is like an image: the image itself first', async () => {
    const { found } = await jsonIn(await served.post('/v1/caches/photos/like', { image: { path: '2.png' }, top: 3 }));
    expect(found).toHaveLength(3);
    expect(found[0].image).toBe('2.png');
    expect(found[0].score).toBeCloseTo(1, 5);
    expect(found[1].score).toBeLessThan(0.99999);
  });

  it('of vectors: those of the cache', async () => {
    const cache = await openImageCache(served.cache);
    const { width, vectors } = await jsonIn(
      await served.post('/v1/vectors/images', { images: [{ path: '1.png' }, { path: '4.png' }] }),
    );
    for await (const { paths, features } of cache.blocks())
      for (const [i, path] of ['1.png', '4.png'].entries())
        for (const [at, value] of vectors[i].entries())
          expect(Math.abs(value - features.data[paths.indexOf(path) * width + at]!)).toBeLessThan(1e-4);
    const texts = await jsonIn(await served.post('/v1/vectors/texts', { texts: [question, 'is there a zeppelin ?'] }));
    expect(texts.vectors.map((one: number[]) => one.length)).toEqual([width, width]);
    expect(texts.warnings).toEqual([expect.stringContaining('zeppelin')]);
  });

  it('of where the words look', async () => {
    const explained = await jsonIn(await served.post('/v1/explain', { question, image: { path: '0.png' } }));
    expect(explained.words).toContain('circle');
    const row = explained.models[0].textToImage[0][0];
    expect(row).toHaveLength(1 + explained.rows * explained.columns);
    expect(row.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 4);
  });

  it('and of what it is: caches, images, a page, a document', async () => {
    const caches = [{ name: 'photos', images: 6, hasFiles: true }];
    expect(await jsonIn(await served.get('/v1/caches'))).toEqual({ caches });
    const { model, can, ...about } = await jsonIn(await served.get('/v1/about'));
    expect(model).toMatchObject({ task: 'vqa', answers: served.model.config.answers, images: 1, isStudent: true });
    expect(can).toMatchObject({ answer: true, ask: true, like: true, search: false, reason: false, explain: true });
    expect(about).toEqual({ caches, uploads: true, limits: { megabytes: 20, megapixels: 50, seconds: 300 } });
    expect(await (await served.get('/')).text()).toContain('/v1/caches/{cache}/ask');
    const document = await jsonIn(await served.get('/openapi.json'));
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/v1/caches/{cache}/thumbnail');
    expect(await jsonIn(await served.get('/health'))).toEqual({ status: 'ok' });
    expect(await jsonIn(await served.get('/ready'))).toEqual({ status: 'ready' });
  });

  it('and refuses what the model does not do, naming it', async () => {
    for (const [path, body] of [
      ['/v1/caches/photos/search', { text: 'a dog' }],
      ['/v1/caches/photos/entail', { hypothesis: 'a dog runs' }],
      ['/v1/reason', { statement: 'both show a dog', images: [{ path: '0.png' }, { path: '1.png' }] }],
    ] as const) {
      expect(await problemIn(await served.post(path, body))).toMatchObject({
        status: 422,
        detail: expect.stringMatching(/retriev|\bve\b|nlvr2/),
      });
    }
  });
});

describe('a teacher beside the model', () => {
  it('is measured, explained first, and of the same task', async () => {
    const teacher = randomStudent(1, { model: 'vilt' });
    await using served = await serve({ teacher, count: 1 });
    const about = await jsonIn(await served.get('/v1/about'));
    expect(about.teacher).toMatchObject({ task: 'vqa', isStudent: false, answers: teacher.config.answers });
    expect(about.teacher.pairMilliseconds).toBeGreaterThan(0);
    const { models, warnings } = await jsonIn(await served.post('/v1/explain', { question, image: { path: '0.png' } }));
    expect(models.map(({ name }: { name: string }) => name)).toEqual(['teacher', 'student']);
    expect(models[1].divergence.textToImage).toHaveLength(models[0].textToImage.length);
    expect(warnings).toEqual([]);
    const other = randomStudent(2, { task: 've', answers: ['a', 'b', 'c'], scoring: 'softmax' });
    await expect(serve({ teacher: other, count: 1 })).rejects.toThrow('does something else than the model');
  });
});

describe('a student of another task', () => {
  it('of entailment judges a hypothesis over the cache', async () => {
    const answers = ['contradiction', 'entailment', 'neutral'];
    const model = randomStudent(2, { task: 've', answers, scoring: 'softmax' });
    await using served = await serve({ model, count: 3 });
    const hypothesis = 'there is a circle .';
    const { judged, images, found } = await jsonIn(
      await served.post('/v1/caches/photos/entail', { hypothesis, top: 2 }),
    );
    const expected = await entail(model, await openImageCache(served.cache), hypothesis, { top: 2, threads: 1 });
    expect([images, found]).toEqual([3, 3]);
    for (const [i, one] of expected.entries()) {
      expect(judged[i]).toMatchObject({ image: one.image, date: one.date, judgement: one.judgement });
      expect(judged[i].entailment).toBeCloseTo(one.entailment, 5);
    }
    const atLeast = (expected[0]!.entailment + expected[1]!.entailment) / 2;
    const surer = await jsonIn(await served.post('/v1/caches/photos/entail', { hypothesis, atLeast }));
    expect([surer.images, surer.found, surer.judged.length]).toEqual([3, 1, 1]);
  });

  it('of retrieval searches', async () => {
    const model = randomStudent(3, { task: 'retrieval', answers: [], scoring: 'softmax' });
    await using served = await serve({ model, count: 3 });
    const { found } = await jsonIn(await served.post('/v1/caches/photos/search', { text: 'a circle' }));
    const expected = await search(model, await openImageCache(served.cache), 'a circle', { threads: 1 });
    expect(found.map(({ image }: { image: string }) => image)).toEqual(expected.map(({ image }) => image));
    expect(await problemIn(await served.post('/v1/caches/photos/ask', { question }))).toMatchObject({ status: 422 });
  });

  it('of two images reasons about the pairs of a cache', async () => {
    const sizes = { ...randomStudent().config.sizes, types: 3 };
    const model = randomStudent(4, { task: 'nlvr2', sizes, images: 2, answers: ['False', 'True'], scoring: 'softmax' });
    await using served = await serve({ model, count: 4 });
    const statement = 'both show a circle .';
    const options = { top: 3, paths: ['[0-2].png'] };
    const { pairs, judged } = await jsonIn(await served.post('/v1/caches/photos/reason', { statement, ...options }));
    const expected = await reason(model, await openImageCache(served.cache), statement, { ...options, threads: 1 });
    expect(judged).toBe(9);
    expect(pairs.map(({ images }: { images: string[] }) => images)).toEqual(expected.map(({ images }) => images));
    expect(pairs[0].probability).toBeCloseTo(expected[0]!.probability, 5);
  });

  it('of two images reasons about them, without a cache', async () => {
    const sizes = { ...randomStudent().config.sizes, types: 3 };
    const model = randomStudent(4, { task: 'nlvr2', sizes, images: 2, answers: ['False', 'True'], scoring: 'softmax' });
    const images = await Promise.all(
      [1, 2].map(async (seed) => ({ base64: Buffer.from(await encodePng(raggedScene(seed))).toString('base64') })),
    );
    await using server = await createServer(model, {
      ...{ caches: [], port: 0, threads: 1, limits: { seconds: 300, decoders: 1 } },
    });
    const response = await fetch(`${server.url}/v1/reason`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ statement: 'both show a circle .', images }),
    });
    const { answers } = await jsonIn(response);
    const bytes = images.map(({ base64 }) => Buffer.from(base64, 'base64'));
    const expected = await answer(model, bytes, 'both show a circle .', { threads: 1 });
    expect(answers[0].answer).toBe(expected[0]!.answer);
    expect(answers[0].probability).toBeCloseTo(expected[0]!.probability, 5);
  });
});
