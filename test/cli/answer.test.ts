import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
    await jsonOf('cache', best(student), join(data, 'images', 'test-iid'), '--to', cache);
    const { answers } = await jsonOf('ask', best(student), QUESTION, '--cache', cache, '--top', '16');
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
      '1 could not be read and were passed over',
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

  it('takes the images of a folder, and refuses a command line that would crash ONNX Runtime', async () => {
    const { data, root, student } = place();
    const folder = join(data, 'images', 'test-iid');
    const { answered } = await jsonOf('answer', best(student), folder, QUESTION);
    expect(answered).toHaveLength(16);
    expect(answered[0].images).toEqual([join(folder, '000001.png')]);
    mkdirSync(join(root, 'empty'));
    expect(await failing(root, 'answer', best(student), join(root, 'empty'), QUESTION)).toMatch(
      /^\/empty: it holds no image/,
    );
    const many = Array.from({ length: 400 }, () => image('000001.png'));
    const { code, stderr } = await dide(['answer', best(student), ...many, QUESTION]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^the command line has \d+ letters, .* folder/),
    });
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
