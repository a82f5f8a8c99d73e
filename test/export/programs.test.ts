import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configOf, type Description } from '../../src/checkpoints/description.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { bertVocabulary } from '../../src/data/vocabulary-file.ts';
import { answer, createStudent, exportOnnx, loadModel, type Model, openPredictor } from '../../src/index.ts';
import { encodeImage } from '../../src/inference/encode-image.ts';
import { encodeText } from '../../src/inference/encode-text.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { tiny } from '../../src/model/sizes.ts';

/** A Python that has the packages, by DIDE_PYTHON or on the path; without one its tests are skipped. */
const python = process.env.DIDE_PYTHON ?? 'python3';
const hasPython = spawnSync(python, ['-c', 'import numpy, onnxruntime, PIL']).status === 0;

/** Plain, turned, transparent, of one channel, deep, and with a palette. */
const pictures = ['progressive.jpg', 'turned-6.jpg', 'turned.png', 'alpha.png', 'alpha.webp', 'grey.png', 'grey-16.png']
  .concat('palette-alphas.png', 'rgb-key.png', 'key.gif', 'deflate.tif')
  .map((name) => resolve('test/fixtures/pictures/files', name));
const questions = [
  'How many red circles are there?',
  'ÀÉÎ déjà-vu 東京 [MASK]s, "unaffable" 100€ ﬁsh! Σίσυφος $5 a\u00a0b\u200bc UNAFFABLE thingOne thingtwo x',
  `so ${'very '.repeat(60)}long`,
];

let [folder, vocabulary]: [string, readonly string[]] = ['', []];
let teacher: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-programs-'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  vocabulary = await bertVocabulary();
  teacher = await loadModel('assets/teacher-mini.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

/** A model of random weights that reads all words. Its numbers are wide apart, so that each patch and each word tells. */
const random = (model: 'vilt' | 'dide', rest: Partial<Description> = {}): Model => {
  const images = rest.images ?? 1;
  const { config, weights } = createModel(
    configOf(
      {
        ...{ model, task: images === 2 ? 'nlvr2' : 'vqa', images, scoring: 'softmax', recipe: {}, vocabulary },
        ...{
          answers: ['yes', 'no', 'a "third"'],
          sizes: { ...tiny, vocabulary: vocabulary.length, types: 1 + images },
        },
        ...rest,
      },
      'test',
    ),
    3,
  );
  for (const { data, shape } of weights.values()) if (shape.length === 2) for (const i of data.keys()) data[i]! *= 3;
  return { config, weights };
};

const widened = (config: Partial<ModelConfig>): Model => ({ ...teacher, config: { ...teacher.config, ...config } });

const otherPictures = {
  ...{ mean: [0.48, 0.46, 0.41], deviation: [0.27, 0.26, 0.28], scale: 1 / 127, multiple: 16 },
  filter: 'lanczos' as const,
};

/** Pictures of one question, in ones or in twos: all of a trained model, four of another. */
const itemsOf = (model: Model): string[][] => {
  if (model.config.images === 2) return pictures.slice(0, 4).map((one, i) => [one, pictures[i + 1]!]);
  return (model === teacher ? pictures : pictures.slice(0, 4)).map((one) => [one]);
};

const modelsThatAnswer: readonly (readonly [string, () => Model])[] = [
  ['a trained teacher', () => teacher],
  ['a student of its weights', () => createStudent(teacher)],
  ['a teacher of other pixels', () => widened({ pictures: otherPictures })],
  ...(['nearest', 'bilinear'] as const).map(
    (filter) =>
      [`a teacher of the filter ${filter}`, () => widened({ pictures: { ...otherPictures, filter } })] as const,
  ),
  ['a student of all words', () => random('dide')],
  ['a student of two images', () => random('dide', { images: 2 })],
  ['a teacher of two images', () => random('vilt', { images: 2 })],
  [
    'a student of cased words and added pieces',
    () =>
      random('dide', {
        vocabulary: vocabulary.with(1, 'thingOne').with(2, 'thingtwo').with(3, '€ ﬁ'),
        words: {
          ...{ letters: 'as-is', accents: 'kept', chinese: 'as-is' },
          added: [
            { piece: 'thingOne', foundIn: 'text', as: 'word' },
            { piece: 'thingtwo', foundIn: 'normalized', as: 'word' },
            { piece: '€ ﬁ', foundIn: 'normalized', as: 'anything' },
          ],
        },
      }),
  ],
];

type Answers = readonly (readonly [answer: string, probability: number])[];

const inJavaScript = async (to: string, items: readonly string[][]): Promise<Answers[][]> => {
  const code = `
    const { answer, encodeImages } = await import(${JSON.stringify(pathToFileURL(join(to, 'answer.mjs')).href)});
    const all = [];
    for (const item of ${JSON.stringify(items)}) {
      const images = await encodeImages(item);
      const answers = [];
      for (const question of ${JSON.stringify(questions)}) answers.push(await answer(images, question));
      all.push(answers);
    }
    console.log(JSON.stringify(all));`;
  const program = ['--input-type=module', '--eval', code];
  return JSON.parse((await promisify(execFile)(process.execPath, program, { maxBuffer: 2 ** 26 })).stdout);
};

const inPython = async (to: string, items: readonly string[][]): Promise<Answers[][]> => {
  const code = `
import json, sys
sys.path.insert(0, sys.argv[1])
from answer import answer, encode_images
items, questions = json.loads(sys.argv[2])
print(json.dumps([[answer(images, question) for question in questions] for images in map(encode_images, items)]))`;
  const args = ['-c', code, to, JSON.stringify([items, questions])];
  return JSON.parse((await promisify(execFile)(python, args, { maxBuffer: 2 ** 26 })).stdout);
};

/** Checks every probability of a program against the library's own, to 1e-5. */
const expectSame = async (model: Model, items: readonly string[][], theirs: readonly Answers[][]): Promise<void> => {
  await using predictor = await openPredictor(model, { threads: 1 });
  const best = new Set<string>();
  for (const [i, images] of items.entries()) {
    for (const [k, question] of questions.entries()) {
      const probabilities = new Map(theirs[i]![k]!);
      for (const { answer: name, probability } of await answer(predictor, images, question)) {
        const where = `${name}: ${question} of ${images.join(', ')}`;
        expect(Math.abs(probabilities.get(name)! - probability), where).toBeLessThan(1e-5);
        best.add(probability.toFixed(3));
      }
    }
  }
  expect(best.size, 'different probabilities').toBeGreaterThan(10);
};

describe.each(modelsThatAnswer)('the programs beside an export of %s answer as dide does', (name, modelOf) => {
  let [to, model]: [string, Model] = ['', undefined as unknown as Model];
  beforeAll(async () => {
    [to, model] = [join(folder, name.replaceAll(' ', '-')), modelOf()];
    await exportOnnx(model, to, { threads: 1 });
  });

  it('in JavaScript', { timeout: 60_000 }, async () => {
    await expectSame(model, itemsOf(model), await inJavaScript(to, itemsOf(model)));
  });

  it.skipIf(!hasPython)('in Python', { timeout: 60_000 }, async () => {
    await expectSame(model, itemsOf(model), await inPython(to, itemsOf(model)));
  });
});

describe('beside an export of a model that retrieves', () => {
  const to = (): string => join(folder, 'retriever');
  const expected: string[] = [];
  beforeAll(async () => {
    const retriever = random('dide', { task: 'retrieval', answers: [] });
    await exportOnnx(retriever, to(), { threads: 1 });
    await using predictor = await openPredictor(retriever, { threads: 1 });
    const { data: text } = await predictor.textFeatures(encodeText(predictor, questions[1]!));
    for (const path of pictures.slice(0, 3)) {
      const { data: image } = await predictor.imageFeatures(await encodeImage(predictor, [path]));
      expected.push(`${text.reduce((sum, number, i) => sum + number * image[i]!, 0).toFixed(4)} ${path}`);
    }
  });

  /** Output of a program, its numbers to four places. */
  const printed = (command: string, program: string): string[] => {
    const { stdout, stderr } = spawnSync(command, [join(to(), program), ...pictures.slice(0, 3), questions[1]!], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^-?[\d.]+/, (number) => Number(number).toFixed(4)));
  };

  it('the program in JavaScript says how well a text fits each picture', () => {
    expect(printed(process.execPath, 'answer.mjs')).toEqual(expected);
  });

  it.skipIf(!hasPython)('the program in Python says how well a text fits each picture', () => {
    expect(printed(python, 'answer.py')).toEqual(expected);
  });
});

describe('the programs say in a line what they were not given', () => {
  const to = (): string => join(folder, 'alone');
  beforeAll(() => exportOnnx(teacher, to(), { threads: 1 }));

  it.each([
    { command: process.execPath, program: 'answer.mjs' },
    ...(hasPython ? [{ command: python, program: 'answer.py' }] : []),
  ])('$program', ({ command, program }) => {
    const ended = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(command, [join(to(), program), ...args], { encoding: 'utf8' });
      return { status, stdout, lines: stderr.trimEnd().split('\n') };
    };
    const untold = ended('is it red?');
    expect(untold).toEqual({
      ...{ status: 1, stdout: '' },
      lines: ['0 pictures: give 1, and last a question in quotes'],
    });
    expect(ended()).toEqual(untold);
    const missing = ended('missing.png', 'is it red?');
    expect(missing).toEqual({ status: 1, stdout: '', lines: [expect.stringContaining('missing')] });
  });
});
