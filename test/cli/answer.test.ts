import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { best, dide, failing, finetuneFrom, inProcess, jsonOf, placeForTests } from './cli.fixture.ts';

const place = placeForTests();
const image = (name: string): string => join(place().data, 'images', 'test-iid', name);
const QUESTION = 'is there a red circle?';

describe('dide answer', () => {
  it.each(['teacher', 'student'] as const)('gives the most probable answers of a %s about one image', async (who) => {
    const model = best(place()[who]);
    const { answered, unreadable } = await jsonOf('answer', model, image('000001.png'), QUESTION, '--top', '3');
    expect(unreadable).toEqual([]);
    expect(answered).toHaveLength(1);
    const [{ images, answers }] = answered;
    expect(images).toEqual([image('000001.png')]);
    const probabilities = answers.map(({ probability }: { probability: number }) => probability);
    expect(probabilities).toHaveLength(3);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    const { stdout } = await inProcess(['answer', model, image('000001.png'), QUESTION]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^answer +probability$/),
      expect.stringMatching(new RegExp(`^${answers[0].answer} +${probabilities[0].toFixed(3)}$`)),
    ]);
  });

  it('agrees with dide ask, which encodes image and question apart', async () => {
    const { root, data, student } = place();
    const cache = join(root, 'answers.cache');
    await jsonOf('cache', best(student), join(data, 'images', 'test-iid'), '--to', cache, '--precision', 'float32');
    const ask = ['ask', best(student), QUESTION, '--cache', cache, '--top', '16', '--most-probable'];
    const { answers } = await jsonOf(...ask);
    const images = answers.map(({ image: name }: { image: string }) => image(name));
    const { answered } = await jsonOf('answer', best(student), ...images, QUESTION, '--top', '1');
    for (const [i, one] of answered.entries()) {
      expect(one.answers[0].answer).toBe(answers[i].answer);
      expect(one.answers[0].probability).toBeCloseTo(answers[i].probability, 4);
    }
  });

  it('has a line for each of many images, and passes over those that cannot be read', async () => {
    const { root, student } = place();
    const broken = join(root, 'broken.png');
    writeFileSync(broken, 'no image');
    const args = ['answer', best(student), image('000001.png'), broken, image('000002.png'), QUESTION];
    const { code, stdout, stderr } = await inProcess(args);
    expect(code).toBe(0);
    expect(stderr).toContain(`passed over: ${broken}: `);
    expect(stdout.split('\n').map((line) => line.split('  ')[0])).toEqual([
      'image',
      image('000001.png'),
      image('000002.png'),
      '1 of 3 could not be read and was passed over',
      '',
    ]);
    expect(await failing(root, 'answer', best(student), broken, QUESTION)).toMatch(/^\/broken\.png: not an image/);
  });

  it('takes the images of an NLVR2 model in twos', async () => {
    const { root } = place();
    const [data, out] = [join(root, 'statements'), join(root, 'nlvr2')];
    await jsonOf('scenes', data, '--task', 'nlvr2', '--tiny');
    const fresh = finetuneFrom('--from-scratch', '--model', 'dide', '--task', 'nlvr2', '--updates', '1');
    await jsonOf(...fresh, '--data', data, '--out', out);
    const [a, b, c] = ['000001.png', '000002.png', '000003.png'].map(image) as [string, string, string];
    const { answered } = await jsonOf('answer', best(out), a, b, b, c, 'both images show a circle');
    expect(answered.map(({ images }: { images: string[] }) => images)).toEqual([
      [a, b],
      [b, c],
    ]);
    const sum = answered[0].answers.reduce((all: number, one: { probability: number }) => all + one.probability, 0);
    expect(sum).toBeCloseTo(1, 5);
    expect(await failing(root, 'answer', best(out), a, b, c, 'both show a circle')).toMatch(
      /answers about 2 images together: give a multiple of 2 images, not 3$/,
    );
  });

  it('takes the images of a folder, and says what it passes over', async () => {
    const { data, root, student } = place();
    const folder = join(data, 'images', 'test-iid');
    const { answered } = await jsonOf('answer', best(student), folder, QUESTION);
    expect(answered).toHaveLength(16);
    expect(answered[0].images).toEqual([join(folder, '000001.png')]);
    mkdirSync(join(root, 'empty'));
    expect(await failing(root, 'answer', best(student), join(root, 'empty'), QUESTION)).toMatch(
      /^\/empty: it holds no image/,
    );
    const mixed = join(root, 'mixed');
    mkdirSync(mixed);
    copyFileSync(image('000001.png'), join(mixed, 'a.PNG'));
    copyFileSync(image('000002.png'), join(mixed, 'b.jfif'));
    writeFileSync(join(mixed, 'c.HEIC'), '\0\0\0\x18ftypheic\0\0\0\0mif1heic');
    for (const name of ['notes.txt', 'film.mp4', 'README']) writeFileSync(join(mixed, name), 'no picture');
    const { stdout, stderr } = await inProcess(['answer', best(student), mixed, QUESTION, '--json']);
    const result = JSON.parse(stdout);
    expect([result.found, result.answered.length, result.unreadable.length]).toEqual([3, 2, 1]);
    expect(result.unreadable[0]).toMatch(/c\.HEIC: it is HEIC, which is not read: save it as JPEG or PNG\.$/);
    expect(stderr).toContain('passed over 3 files that are no pictures by their names: 1 README, 1 .mp4, 1 .txt\n');
    expect(result.passedOver).toHaveLength(3);
  });

  it('takes a command line of any length, but where ONNX Runtime would crash by its telemetry', async () => {
    const { student } = place();
    const many = Array.from({ length: 400 }, () => image('000001.png'));
    const { code, stdout } = await dide(['answer', best(student), ...many, QUESTION, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).answered).toHaveLength(400);
    vi.stubEnv('ORT_DISABLE_TELEMETRY', '0');
    for (const args of [
      ['answer', best(student), ...many, QUESTION],
      ['--help', ...many],
    ]) {
      const refused = await dide(args);
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^the command line has \d+ letters, .* leave the variable out, or give a folder/),
      });
    }
    vi.unstubAllEnvs();
  });

  it('opens a checkpoint that dide did not save', async () => {
    const { root } = place();
    const photo = join(root, 'ein Bild.png');
    copyFileSync(image('000001.png'), photo);
    const { answered } = await jsonOf('answer', 'test/files/checkpoint/hf', photo, 'a');
    expect(answered[0].answers.map(({ answer }: { answer: string }) => answer).sort()).toEqual(['maybe', 'no', 'yes']);
  });

  it('says what is missing', async () => {
    const { root, student } = place();
    expect(await failing(root, 'answer', best(student))).toBe(
      'dide answer needs <image... question>: see dide answer --help',
    );
    expect(await failing(root, 'answer', best(student), image('000001.png'))).toMatch(
      /^dide answer needs an image and/,
    );
    expect(await failing(root, 'answer', best(student), image('000001.png'), image('000002.png'))).toMatch(
      /it is a file where the question should be/,
    );
  });
});
